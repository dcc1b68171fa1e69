class Solution:
    def tally(self, numbers):
        counts = Counter(str(number) for number in numbers)
        assert type(counts) is Counter
        return counts
