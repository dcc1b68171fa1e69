number = int(input())
input()
print(2 * number)
