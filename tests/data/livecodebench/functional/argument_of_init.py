class Solution:
    def __init__(self, factor):
        self.factor = factor

    def double(self, numbers):
        return [self.factor * number for number in numbers]
