import sys

sys.setrecursionlimit(10**6)

class Solution:
    def climb(self, n):
        return self.climb(n - 1) + 1 if n else 0
