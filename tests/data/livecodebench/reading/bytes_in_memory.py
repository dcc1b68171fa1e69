import io
import sys

input = io.BytesIO(sys.stdin.buffer.read()).readline
n = int(input())
print(sum(int(input()) for _ in range(n)))
