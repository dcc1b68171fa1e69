class Solution:
    def pair_up(self, numbers):
        return tuple([a, b] for a, b in zip(numbers[::2], numbers[1::2]))
