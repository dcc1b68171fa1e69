from sys import stdout

stdout.write(f"{2 * int(input())}\n")
