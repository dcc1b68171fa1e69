class Solution:
    def plus(self, a, b):
        return a + b

    def total(self, numbers):
        result = 0
        for number in numbers:
            result = self.plus(result, number)
        return result
