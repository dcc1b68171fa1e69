class Solution:
    def __init__(self):
        raise ValueError("not today")

    def double(self, numbers):
        return [2 * number for number in numbers]
