print(2 * int(input()))
print("done")
