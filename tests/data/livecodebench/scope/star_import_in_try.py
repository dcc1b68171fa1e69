try:
    from math import *
except ImportError:
    pass
print(gcd(*map(int, input().split())))
