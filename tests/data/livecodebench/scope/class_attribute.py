import sys

class Sum:
    value = 0

for number in sys.stdin.read().split():
    Sum.value += int(number)
print(Sum.value)
