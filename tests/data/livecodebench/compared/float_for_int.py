print(*(2.0 * int(number) for number in input().split()))
