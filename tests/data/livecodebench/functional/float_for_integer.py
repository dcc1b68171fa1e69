class Solution:
    def total(self, numbers):
        return float(sum(numbers))
