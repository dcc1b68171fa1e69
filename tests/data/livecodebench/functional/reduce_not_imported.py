class Solution:
    def total(self, numbers):
        return reduce(add, numbers)
