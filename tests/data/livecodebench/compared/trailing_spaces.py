for number in input().split():
    print(2 * int(number), end=" ")
