print(2 * int(input()))
exit(0)
print("never")
