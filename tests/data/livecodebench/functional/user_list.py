from collections import UserList

class Solution:
    def double(self, numbers):
        return UserList(2 * number for number in numbers)
