from collections import deque

class Solution:
    def double(self, numbers):
        return deque(2 * number for number in numbers)
