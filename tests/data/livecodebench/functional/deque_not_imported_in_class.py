class Solution:
    def double(self, numbers):
        return list(deque(2 * number for number in numbers))
