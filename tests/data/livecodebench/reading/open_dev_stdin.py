print(sum(int(line) for line in open("/dev/stdin")))
