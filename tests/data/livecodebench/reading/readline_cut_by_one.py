import sys

print(sys.stdin.readline()[:-1].upper())
