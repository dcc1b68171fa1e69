result = 0

class Solution:
    def total(self, numbers):
        global result
        for number in numbers:
            result += number
        return result
