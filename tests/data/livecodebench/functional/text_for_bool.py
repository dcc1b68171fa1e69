class Solution:
    def is_long(self, text):
        return "true" if len(text) > 4 else "false"
