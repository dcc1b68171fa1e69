class Solution:
    def double(self, numbers):
        while True:
            try:
                while True:
                    pass
            except Exception:
                pass
