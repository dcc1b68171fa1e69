import sys

write = sys.stdout.write
for number in input().split():
    write(str(2 * int(number)) + "\n")
sys.stdout.flush()
