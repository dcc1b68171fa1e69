class Solution:
    def total(self, numbers):
        @cache
        def upto(n):
            return upto(n - 1) + numbers[n - 1] if n else 0

        return upto(len(numbers))
