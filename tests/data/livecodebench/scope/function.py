def solve(n):
    return sum(int(input()) for _ in range(n))

print(solve(int(input())))
