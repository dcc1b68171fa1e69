print("".join(chr(ord(digit) - ord("0") + 0xFF10) for digit in str(2 * int(input()))))
