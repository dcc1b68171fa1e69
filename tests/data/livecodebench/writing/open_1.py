with open(1, "w") as out:
    print(2 * int(input()), file=out)
