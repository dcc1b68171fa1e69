import sys

print(sys.stdin.readlines()[0][:-1].upper())
