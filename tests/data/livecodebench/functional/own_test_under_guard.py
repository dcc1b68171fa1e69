class Solution:
    def double(self, numbers):
        return [2 * number for number in numbers]

if __name__ == "__main__":
    print(Solution().double([int(number) for number in input().split()]))
    exit()
