from itertools import repeat

print(any(repeat(0)))
