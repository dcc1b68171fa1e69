print(str(int(input()) / 2).replace(".", ","))
