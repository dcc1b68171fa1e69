import threading

def main():
    while True:
        pass

thread = threading.Thread(target=main)
thread.start()
thread.join()
