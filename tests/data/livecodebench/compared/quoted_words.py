print(repr(input().upper()))
