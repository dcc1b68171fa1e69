class Solution:
    def doubled(self, numbers):
        return [2 * number for number in numbers]
