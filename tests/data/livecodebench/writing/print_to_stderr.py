import sys

number = int(input())
print("read", number, file=sys.stderr)
print(2 * number, file=sys.stdout)
