class Solution:
    def tally(self, numbers):
        return Counter(str(number) for number in numbers)
