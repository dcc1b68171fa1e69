from typing import List

class Solution:
    def double(self, numbers: List[int]) -> List[int]:
        return [2 * number for number in numbers]
