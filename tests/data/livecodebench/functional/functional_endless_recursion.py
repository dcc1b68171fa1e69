class Solution:
    def double(self, numbers):
        return self.double(numbers)
