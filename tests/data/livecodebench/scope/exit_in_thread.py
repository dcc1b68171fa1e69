import sys
import threading

def main():
    print(2 * int(input()))
    sys.exit(3)

thread = threading.Thread(target=main)
thread.start()
thread.join()
