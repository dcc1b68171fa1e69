class Solution:
    def double(self, numbers):
        return [2 * number for number in numbers]

exit()
