from __future__ import annotations

class Solution:
    def double(self, numbers: list[int]) -> list[int]:
        return [2 * number for number in numbers]
