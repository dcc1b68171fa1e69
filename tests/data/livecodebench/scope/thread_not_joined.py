import threading
import time

number = int(input())

def main():
    time.sleep(0.3)
    print(2 * number)

threading.Thread(target=main).start()
