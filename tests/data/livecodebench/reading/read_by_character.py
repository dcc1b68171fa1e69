import sys

total, number = 0, ""
while True:
    character = sys.stdin.read(1)
    if not character:
        break
    if character == "\n":
        total, number = total + int(number), ""
    elif len(number) < 9:
        number += character
print(total)
