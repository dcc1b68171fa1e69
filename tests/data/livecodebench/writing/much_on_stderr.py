import sys

for _ in range(1000):
    print("debugging " * 100, file=sys.stderr)
print(2 * int(input()))
