print("\u00a0" + input().upper() + "\u2003")
