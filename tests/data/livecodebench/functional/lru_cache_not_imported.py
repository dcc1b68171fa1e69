class Solution:
    def total(self, numbers):
        return self.upto(tuple(numbers))

    @lru_cache(None)
    def upto(self, numbers):
        return numbers[0] + self.upto(numbers[1:]) if numbers else 0
