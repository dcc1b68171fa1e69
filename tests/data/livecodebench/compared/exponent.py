print(f"{int(input()) / 2:.1e}")
