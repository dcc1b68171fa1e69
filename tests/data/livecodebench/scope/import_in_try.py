try:
    from math import gcd
except ImportError:
    from fractions import gcd
print(gcd(*map(int, input().split())))
