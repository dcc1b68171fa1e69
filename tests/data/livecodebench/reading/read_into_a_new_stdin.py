import io
import sys

sys.stdin = io.StringIO(sys.stdin.read())
n = int(input())
print(sum(int(input()) for _ in range(n)))
