global total
total = 0

def add(number):
    global total
    total += number

for _ in range(int(input())):
    add(int(input()))
print(total)
