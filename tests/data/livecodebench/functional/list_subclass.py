class Numbers(list):
    def doubled(self):
        return Numbers(2 * number for number in self)

class Solution:
    def double(self, numbers):
        return Numbers(numbers).doubled()
