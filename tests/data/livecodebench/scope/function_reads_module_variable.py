factor = 2

def double(number):
    return factor * number

print(double(int(input())))
