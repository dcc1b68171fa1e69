"""Files are written whole or not at all, and nothing is left beside them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from helpers.paths import ROOT

from coderm_eval.core.files import write_text


def test_what_a_killed_process_left_is_removed_with_the_next_write(tmp_path: Path) -> None:
    killed = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom coderm_eval.core.files import write_parts\n"
        "write_parts(Path(sys.argv[1]), (os.kill(os.getpid(), signal.SIGKILL) for _ in '1'))\n"
    )
    for name in ("a.json", "b.json"):
        subprocess.run([sys.executable, "-c", killed, str(tmp_path / name)], cwd=ROOT)
    (tmp_path / f".a.json.{os.getppid()}").touch()  # of one that is at work
    (tmp_path / ".a.json.mine").touch()
    left_of_b = next(path.name for path in tmp_path.glob(".b.json.*"))
    write_text(tmp_path / "a.json", "{}")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"a.json", f".a.json.{os.getppid()}", ".a.json.mine", left_of_b}
