print(f"{2 * int(input()):+}")
