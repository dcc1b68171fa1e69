from sys import stdin

print(sum(map(int, stdin.read().split())))
