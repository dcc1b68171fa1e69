class Solution:
    def double(self, numbers):
        os.getpid()
        return [2 * number for number in numbers]
