class Solution:
    factor = 2

    @classmethod
    def double(cls, numbers):
        return [cls.factor * number for number in numbers]
