class Solution:
    def double(self, numbers):
        return numbers
