class Solution:
    def total(self, numbers):
        return str(sum(numbers))
