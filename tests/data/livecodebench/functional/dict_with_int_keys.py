class Solution:
    def tally(self, numbers):
        return {number: numbers.count(number) for number in numbers}
