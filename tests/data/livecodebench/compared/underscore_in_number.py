print("_".join(str(2 * int(input()))))
