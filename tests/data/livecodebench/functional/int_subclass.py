class Amount(int):
    def __add__(self, other):
        return Amount(int(self) + other)

class Solution:
    def total(self, numbers):
        return sum(numbers, Amount(0))
