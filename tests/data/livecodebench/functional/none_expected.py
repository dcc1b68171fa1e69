class Solution:
    def first_even(self, numbers):
        for number in numbers:
            if number % 2 == 0:
                return number
