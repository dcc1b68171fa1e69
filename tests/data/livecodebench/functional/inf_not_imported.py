class Solution:
    def distinct(self, numbers):
        result, last = [], -inf
        for number in sorted(numbers):
            if number > last:
                result.append(number)
                last = number
        return result
