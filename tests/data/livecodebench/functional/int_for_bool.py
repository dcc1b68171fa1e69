class Solution:
    def is_long(self, text):
        return 1 if len(text) > 4 else 0
