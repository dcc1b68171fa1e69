class Solution:
    def distinct(self, numbers):
        return sorted(set(numbers), reverse=True)
