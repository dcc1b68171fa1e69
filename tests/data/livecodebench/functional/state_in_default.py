class Solution:
    def double(self, numbers, result=[]):
        for number in numbers:
            result.append(2 * number)
        return result
