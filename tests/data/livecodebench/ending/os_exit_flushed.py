import os
import sys

print(2 * int(input()))
sys.stdout.flush()
os._exit(0)
