print(2 * int(input()))
raise ValueError("late")
