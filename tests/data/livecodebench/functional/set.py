class Solution:
    def distinct(self, numbers):
        return set(numbers)
