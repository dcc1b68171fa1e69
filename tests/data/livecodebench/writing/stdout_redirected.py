import io
from contextlib import redirect_stdout

kept = io.StringIO()
with redirect_stdout(kept):
    print(2 * int(input()))
print(kept.getvalue(), end="")
