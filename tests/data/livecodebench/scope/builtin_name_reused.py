import sys

numbers = [int(number) for number in sys.stdin.read().split()]
sum = sum(numbers)
print(sum)
