print(*(2 * int(number) or "-0" for number in input().split()))
