print(round(sum(map(float, input().split())), 6))
