print(input().upper().replace(" ", "  "))
