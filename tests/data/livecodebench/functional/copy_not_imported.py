class Solution:
    def double(self, numbers):
        result = copy(numbers)
        return [2 * number for number in result]
