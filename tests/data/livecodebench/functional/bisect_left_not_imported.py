class Solution:
    def distinct(self, numbers):
        result = []
        for number in numbers:
            place = bisect_left(result, number)
            if result[place : place + 1] != [number]:
                result.insert(place, number)
        return result
