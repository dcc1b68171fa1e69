class Solution:
    def double(self, numbers):
        return [2 * number for number in numbers]

print(*Solution().double([int(number) for number in input().split()]))
