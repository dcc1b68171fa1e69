import sys

n = int(sys.stdin.buffer.readline())
print(sum(map(int, sys.stdin.buffer.read().split())))
