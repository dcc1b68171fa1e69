class Solution:
    def pair_up(self, numbers):
        return list(zip(numbers[::2], numbers[1::2]))
