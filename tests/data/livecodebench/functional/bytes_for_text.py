class Solution:
    def shout(self, text):
        return text.upper().encode()
