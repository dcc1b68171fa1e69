import a_module_that_nobody_has

class Solution:
    def double(self, numbers):
        return [2 * number for number in numbers]
