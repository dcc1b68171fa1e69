"""Doubles."""
form = """{}
"""
print("".join(form.format(2 * int(number)) for number in input().split()))
