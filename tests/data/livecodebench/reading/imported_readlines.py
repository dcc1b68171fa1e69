from sys import stdin

print(sum(int(line) for line in stdin.readlines()))
