import os

folder = os.path.dirname(__file__)
print(2 * int(input()))
