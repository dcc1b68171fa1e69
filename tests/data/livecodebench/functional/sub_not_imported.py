class Solution:
    def shout(self, text):
        return sub("[a-z]", lambda found: found[0].upper(), text)
