import sys

n = int(input())
print(sum(int(line) for line in sys.stdin.readlines() if line.strip()))
