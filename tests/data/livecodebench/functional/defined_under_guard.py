if __name__ == "__main__":
    class Solution:
        def double(self, numbers):
            return [2 * number for number in numbers]
