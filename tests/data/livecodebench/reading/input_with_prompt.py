print(2 * int(input("a number: ")))
