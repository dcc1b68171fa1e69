import sys

n = int(input())
input = sys.stdin.readline
print(sum(int(input()) for _ in range(n)))
