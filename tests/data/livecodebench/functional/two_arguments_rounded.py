class Solution:
    def add(self, a: float, b: float) -> float:
        return round(a + b, 6)
