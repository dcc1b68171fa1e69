print(2 * int(input()))
raise KeyboardInterrupt
