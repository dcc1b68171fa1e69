class Solution:
    def double(self, numbers):
        return any(repeat(0))
