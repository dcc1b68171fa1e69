import sys

input = lambda: sys.stdin.readline().rstrip("\n")
print(input().upper())
