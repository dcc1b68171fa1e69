from sys import stdin

print(sum(map(int, stdin.buffer.read().split())))
