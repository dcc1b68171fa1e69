from math import gcd

def gcd(a, b):
    return gcd(b, a % b) if b else a

print(gcd(*map(int, input().split())))
