class Solution:
    def double(self, numbers):
        return tuple(2 * number for number in numbers)
