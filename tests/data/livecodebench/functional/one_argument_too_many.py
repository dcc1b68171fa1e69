class Solution:
    def double(self, numbers, n):
        return [2 * number for number in numbers[:n]]
