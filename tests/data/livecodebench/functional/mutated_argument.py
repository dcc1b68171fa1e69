class Solution:
    def double(self, numbers):
        for i, number in enumerate(numbers):
            numbers[i] = 2 * number
        return numbers
