"""Where programs have a folder on a disk of the machine, a full one is the machine's fault and not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.execution import run_tests
from helpers.small_disks import mounted

from coderm_eval.core.records import Verdict
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.sandbox.isolation.scratch import on_disk

_TEST = "import unittest\nclass TestF(unittest.TestCase):\n    def test_f(self):\n        self.assertEqual(f(1), 2)\n"
_WRITING_TEST = _TEST.replace("        self", "        open('file', 'wb').write(bytes(1 << 20))\n        self")
_RIGHT = "def f(x):\n    return x + 1\n"
_WRITES = "def f(x):\n    with open('file', 'wb') as file:\n        file.write(bytes(1 << 20))\n    return x + 1\n"
_CATCHES = "import os\ndef f(x):\n    try:\n        open('file', 'wb').write(bytes(1 << 20))\n    except OSError:\n"
_CATCHES += "        os.remove('file')\n    return x\n"
_CLAIMS = "import errno\ndef f(x):\n    open('file', 'w').close()\n    raise OSError(errno.ENOSPC, 'No space left')\n"
_FILLS = "def f(x):\n    for n in range(10):\n        open(str(n), 'wb').write(bytes(15 << 20))\n    return x + 1\n"


def _verdict(program: str, test: str = _TEST, isolation: str = "rlimits") -> Verdict:
    tests = [ProgramTest("it", program, test)]
    [result] = run_tests(tests, Limits(timeout_s=5), workers=1, isolation=isolation)
    return result.verdict


@pytest.fixture
def full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The disk for temporary files, with room for a hundred KiB."""
    with mounted(tmp_path / "disk", "1m") as disk:
        disk.chmod(0o1777)
        (disk / "others").write_bytes(bytes(900 << 10))
        monkeypatch.setenv("TMPDIR", str(disk))
        yield disk


@pytest.mark.parametrize("isolation", ["rlimits", "auto"])
@pytest.mark.parametrize("program", [_RIGHT, _WRITES])
def test_a_right_program_never_fails_on_a_full_disk(full_disk: Path, program: str, isolation: str) -> None:
    expected = Verdict.NOT_RUN if (program, isolation) == (_WRITES, "rlimits") else Verdict.PASSED
    assert _verdict(program, isolation=isolation) is expected


def test_a_program_that_takes_back_what_it_wrote_could_not_be_run_either(full_disk: Path) -> None:
    assert _verdict(_CATCHES) is Verdict.NOT_RUN


def test_a_test_that_writes_on_a_full_disk_could_not_be_run(full_disk: Path) -> None:
    assert _verdict(_RIGHT, _WRITING_TEST) is Verdict.NOT_RUN


def test_a_program_that_only_says_the_disk_is_full_has_failed() -> None:
    assert _verdict(_CLAIMS) is Verdict.FAILED


def test_a_program_that_fills_the_disk_itself_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mounted(tmp_path / "disk", "100m") as disk:
        disk.chmod(0o1777)
        monkeypatch.setenv("TMPDIR", str(disk))
        assert _verdict(_FILLS) is Verdict.FAILED


def test_no_room_for_another_file_is_a_full_disk(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "100m,nr_inodes=4") as disk:
        scratch = on_disk(disk, None)
        for number in range(2):
            (disk / str(number)).touch()
        scratch.renew()
        assert scratch.had_room  # nobody has written
        (scratch.path.parent / "0").unlink()
        (scratch.path / "file").touch()
        with pytest.raises(OSError, match="No space"):
            scratch.renew()
        assert not scratch.had_room
