import sys

print(sum(map(int, sys.__stdin__.read().split())))
