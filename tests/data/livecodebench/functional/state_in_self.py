class Solution:
    def __init__(self):
        self.result = 0

    def total(self, numbers):
        for number in numbers:
            self.result += number
        return self.result
