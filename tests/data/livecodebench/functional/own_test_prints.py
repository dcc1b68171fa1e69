class Solution:
    def double(self, numbers):
        return [2 * number for number in numbers]

assert Solution().double([1]) == [2]
print("all is well", Solution().double([7]))
