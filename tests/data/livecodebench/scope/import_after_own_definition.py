def gcd(a, b):
    return 0

from math import gcd

print(gcd(*map(int, input().split())))
