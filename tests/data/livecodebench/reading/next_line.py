import sys

print(2 * int(next(sys.stdin)))
