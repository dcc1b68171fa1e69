class Solution:
    def distinct(self, numbers):
        heap = list(set(numbers))
        heapq.heapify(heap)
        limit = math.inf
        return [copy.copy(heapq.heappop(heap)) for _ in range(len(heap)) if limit > 0]
