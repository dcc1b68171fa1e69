class Solution:
    def distinct(self, numbers):
        heap = []
        for number in set(numbers):
            heappush(heap, number)
        return [heappop(heap) for _ in range(len(heap))]
