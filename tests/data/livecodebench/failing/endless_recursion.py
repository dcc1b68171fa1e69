def double(number):
    return double(number)

print(double(int(input())))
