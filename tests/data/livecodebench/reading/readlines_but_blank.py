import sys

print(sum(int(line) for line in sys.stdin.readlines() if line.strip()))
