from sys import stdin

n = int(stdin.readline())
print(sum(int(stdin.readline()) for _ in range(n)))
