class Solution:
    def double(self, numbers):
        return [pow(2, 1, 1000) * number for number in numbers]
