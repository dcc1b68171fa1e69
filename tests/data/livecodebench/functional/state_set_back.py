class Solution:
    def total(self, numbers):
        self.result = 0
        for number in numbers:
            self.result += number
        return self.result
