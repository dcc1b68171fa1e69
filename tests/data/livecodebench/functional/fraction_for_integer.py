from fractions import Fraction

class Solution:
    def total(self, numbers):
        return sum(map(Fraction, numbers))
