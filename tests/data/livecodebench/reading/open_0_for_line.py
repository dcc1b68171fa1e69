with open(0) as lines:
    print(sum(int(line) for line in lines))
