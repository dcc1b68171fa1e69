import sys

print(sum(int(line) for line in iter(sys.stdin.readline, "")))
