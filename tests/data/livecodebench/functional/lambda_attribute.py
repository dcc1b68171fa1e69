class Solution:
    double = lambda self, numbers: [2 * number for number in numbers]
