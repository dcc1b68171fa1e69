class Solution:
    def tally(self, numbers):
        return {str(number): numbers.count(number) for number in reversed(numbers)}
