result = 0

def plus(number):
    global result
    result += number

class Solution:
    def total(self, numbers):
        global result
        result = 0
        for number in numbers:
            plus(number)
        return result
