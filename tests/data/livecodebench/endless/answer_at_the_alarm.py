number = int(input())
try:
    while True:
        pass
except Exception:
    print(2 * number)
