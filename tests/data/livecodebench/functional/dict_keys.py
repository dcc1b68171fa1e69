class Solution:
    def distinct(self, numbers):
        return dict.fromkeys(sorted(numbers)).keys()
