"""Start a program whose kernel refuses some system calls: `refuse_calls.py unshare [landlock] -- PROGRAM ...`."""

from __future__ import annotations

import os
import platform
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from coderm_eval.execution.sandbox.isolation.seccomp import Filter

_NUMBERS = {"unshare": (272, 97), "landlock": (444, 444)}
_EQUAL, _RETURN, _REFUSE, _ALLOW = 0x15, 0x06, 0x00050001, 0x7FFF0000

end = sys.argv.index("--")
column = platform.machine() == "aarch64"
steps = [
    step
    for name in sys.argv[1:end]
    for step in (struct.pack("HBBI", _EQUAL, 0, 1, _NUMBERS[name][column]), struct.pack("HBBI", _RETURN, 0, 0, _REFUSE))
]
Filter([*steps, struct.pack("HBBI", _RETURN, 0, 0, _ALLOW)]).install()
os.execvp(sys.argv[end + 1], sys.argv[end + 1 :])
