import os

os.write(1, b"%d\n" % (2 * int(input())))
