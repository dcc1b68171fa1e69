number = int(input())
print(2 * number if number < 9 else 0)
