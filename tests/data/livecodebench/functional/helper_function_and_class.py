class Sum:
    def __init__(self):
        self.value = 0

def plus(kept, number):
    kept.value += number

class Solution:
    def total(self, numbers):
        kept = Sum()
        for number in numbers:
            plus(kept, number)
        return kept.value
