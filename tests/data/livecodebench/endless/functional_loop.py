class Solution:
    def double(self, numbers: List[int]) -> List[int]:
        while True:
            pass
