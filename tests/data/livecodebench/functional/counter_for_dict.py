from collections import Counter

class Solution:
    def tally(self, numbers):
        return Counter(map(str, numbers))
