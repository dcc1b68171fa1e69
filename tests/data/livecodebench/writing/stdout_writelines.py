import sys

sys.stdout.writelines(f"{2 * int(number)}\n" for number in input().split())
