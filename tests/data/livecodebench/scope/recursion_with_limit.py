import sys

sys.setrecursionlimit(10**6)

def climb(n):
    return climb(n - 1) + 1 if n else 0

print(climb(int(input())))
