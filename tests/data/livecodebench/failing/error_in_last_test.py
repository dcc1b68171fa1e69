import sys

numbers = [int(number) for number in sys.stdin.read().split()]
assert min(numbers) > 0
print(sum(numbers))
