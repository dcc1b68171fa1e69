from sys import stdin

total = 0
while line := stdin.readline():
    total += int(line)
print(total)
