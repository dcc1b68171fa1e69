import os
import sys

print(2 * int(os.read(sys.stdin.fileno(), 65536)))
