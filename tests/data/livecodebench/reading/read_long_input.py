import sys

lines = sys.stdin.read().splitlines()
assert len(lines) == 100_001
print(lines[0])
