class Solution:
    def double(self, number):
        return 2 * number
