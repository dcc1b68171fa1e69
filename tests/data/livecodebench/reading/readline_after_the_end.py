import sys

number = int(sys.stdin.readline())
assert sys.stdin.readline() == ""
print(2 * number)
