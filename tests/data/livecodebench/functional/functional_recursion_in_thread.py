import threading

class Solution:
    def climb(self, n):
        found = []

        def step(n):
            return step(n - 1) + 1 if n else 0

        threading.stack_size(1 << 27)
        thread = threading.Thread(target=lambda: found.append(step(n)))
        thread.start()
        thread.join()
        return found[0]
