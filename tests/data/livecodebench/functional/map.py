class Solution:
    def double(self, numbers):
        return map(lambda number: 2 * number, numbers)
