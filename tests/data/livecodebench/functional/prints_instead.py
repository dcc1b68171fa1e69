class Solution:
    def double(self, numbers):
        print([2 * number for number in numbers])
