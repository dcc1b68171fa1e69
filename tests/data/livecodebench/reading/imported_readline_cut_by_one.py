from sys import stdin

print(stdin.readline()[:-1].upper())
