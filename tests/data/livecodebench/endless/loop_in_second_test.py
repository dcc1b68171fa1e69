number = int(input())
while number > 9:
    pass
print(2 * number)
