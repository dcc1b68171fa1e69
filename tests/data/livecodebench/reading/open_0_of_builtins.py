import builtins

print(sum(map(int, builtins.open(0).read().split())))
