total = 0

def add(number):
    nonlocal total
    total += number

for _ in range(int(input())):
    add(int(input()))
print(total)
