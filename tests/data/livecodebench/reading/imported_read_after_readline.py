from sys import stdin

n = int(stdin.readline())
print(sum(map(int, stdin.read().split())))
