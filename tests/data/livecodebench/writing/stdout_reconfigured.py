import sys

sys.stdout.reconfigure(line_buffering=True)
print(2 * int(input()))
