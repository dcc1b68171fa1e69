import io
import sys

sys.stdout = kept = io.StringIO()
print(2 * int(input()))
sys.stdout = sys.__stdout__
print(kept.getvalue(), end="")
