class Solution:
    def tally(self, numbers):
        counts = defaultdict(int)
        for number in numbers:
            counts[str(number)] += 1
        return counts
