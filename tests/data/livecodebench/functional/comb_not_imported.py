class Solution:
    def total(self, numbers):
        return sum(comb(number, 1) for number in numbers)
