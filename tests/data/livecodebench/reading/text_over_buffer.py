import io
import sys

print(sum(int(line) for line in io.TextIOWrapper(sys.stdin.buffer)))
