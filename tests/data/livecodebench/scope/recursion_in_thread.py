import sys
import threading

sys.setrecursionlimit(10**6)
threading.stack_size(1 << 27)

def climb(n):
    return climb(n - 1) + 1 if n else 0

def main():
    print(climb(int(input())))

thread = threading.Thread(target=main)
thread.start()
thread.join()
