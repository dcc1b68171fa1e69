print(*(2 * int(number) for number in input().split()))
