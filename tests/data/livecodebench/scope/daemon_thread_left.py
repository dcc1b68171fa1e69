import threading
import time

def wait():
    while True:
        time.sleep(0.1)

threading.Thread(target=wait, daemon=True).start()
print(2 * int(input()))
