class Solution:
    def add(self, a: float, b: float) -> float:
        return a + b
