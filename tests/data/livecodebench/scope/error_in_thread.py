import threading

def main():
    print(2 * int(input()))
    raise ValueError("late")

thread = threading.Thread(target=main)
thread.start()
thread.join()
