import sys

total = 0
while line := sys.stdin.readline():
    total += int(line)
print(total)
