import sys

first = sys.stdin.read()
rest = sys.stdin.read()
print(sum(map(int, (first + rest).split())))
