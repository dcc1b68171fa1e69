import sys

def keep(number):
    global kept
    try:
        kept.append(number)
    except NameError:
        kept = [number]

for number in sys.stdin.read().split():
    keep(int(number))
print(sum(kept))
