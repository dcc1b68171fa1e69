queue = deque()
try:
    while True:
        queue.append(int(input()))
except EOFError:
    print(sum(queue))
