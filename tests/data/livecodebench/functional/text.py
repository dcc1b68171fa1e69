class Solution:
    def shout(self, text: str) -> str:
        return text.upper()
