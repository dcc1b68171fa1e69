number = int(input())
if number > 0:
    print(2 * number)
    return
print(number)
