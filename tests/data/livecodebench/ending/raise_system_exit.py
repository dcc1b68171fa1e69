print(2 * int(input()))
raise SystemExit
