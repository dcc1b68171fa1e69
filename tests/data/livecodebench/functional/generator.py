class Solution:
    def double(self, numbers):
        for number in numbers:
            yield 2 * number
