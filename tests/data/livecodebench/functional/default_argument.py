class Solution:
    def double(self, numbers, factor=2):
        return [factor * number for number in numbers]
