class Solution:
    def digits(self, n):
        return len(str(10**n))
