number = int(input())
print(2 * globals()["number"])
