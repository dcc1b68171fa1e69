class Solution:
    def double(self, numbers):
        return [2 * number // 0 for number in numbers]
