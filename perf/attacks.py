"""Run the attacks that are harmless without isolation on this executor and on two others.

    PYTHONPATH=tests unshare --pid --fork --kill-child python -m perf.attacks --coderm docker_source/main.py

The attacks are those of tests/helpers/attacks.py that end early or forge a result. An attack has won where its program
passes. Peers: the CodeRM authors' script on the same program and test, and EvalPlus's `untrusted_check` on the same
calls.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from helpers.attacks import ATTACKS, TEST, Attack

from coderm_eval.core.records import Verdict
from coderm_eval.execution.program_test import ProgramTest
from perf._common import argument_parser, execute, print_table
from perf.executor import RUN_CLASS

KINDS = ("ends early", "forges")
HEIGHTS = (2, 9, 10)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--coderm", type=Path, required=True, help="the CodeRM authors' docker_source/main.py")
    options = parser.parse_args()
    attacks = [attack for attack in ATTACKS if attack.kind in KINDS]
    won = {
        "this executor": ours(attacks),
        "CodeRM docker_source/main.py": coderm(attacks, options.coderm),
        "EvalPlus untrusted_check": evalplus(attacks),
    }
    headers = ["executor", *(f"{kind}: won" for kind in KINDS), "which"]
    print_table(headers, ([name, *counts(attacks, names), ", ".join(names)] for name, names in won.items()))


def counts(attacks: Sequence[Attack], won: Sequence[str]) -> list[str]:
    """How many attacks of each kind have won."""
    names = {kind: [attack.name for attack in attacks if attack.kind == kind] for kind in KINDS}
    return [f"{len(set(won) & set(named))} of {len(named)}" for named in names.values()]


def ours(attacks: Sequence[Attack]) -> list[str]:
    tests = (ProgramTest(attack.name, attack.program, TEST, attack.name, "rungs") for attack in attacks)
    passed = {result.key for result in execute(tests, workers=2) if result.verdict == Verdict.PASSED}
    return [attack.name for attack in attacks if attack.name in passed]


def coderm(attacks: Sequence[Attack], script: Path) -> list[str]:
    """Run the script once for each attack, since some attacks end it."""
    return [attack.name for attack in attacks if coderm_passes(attack, script.resolve())]


def coderm_passes(attack: Attack, script: Path) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        row = {"task_id": 0, "sol_id": 0, "ut_id": 0, "code": f"{attack.program}\n\n{TEST}\n{RUN_CLASS}"}
        (Path(folder) / "in.jsonl").write_text(json.dumps(row) + "\n")
        command = [sys.executable, script, "--input_path", "in.jsonl", "--output_path", "out.jsonl", "--mp_num", "1"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            subprocess.run(command, cwd=folder, timeout=30, check=True, start_new_session=True, **quiet)  # type: ignore[call-overload]
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return False
        return '"result": "pass"' in (Path(folder) / "out.jsonl").read_text()


def evalplus(attacks: Sequence[Attack]) -> list[str]:
    from evalplus.eval import untrusted_check

    calls = [(height,) for height in HEIGHTS]
    expected = [height * 3 for height in HEIGHTS]
    limits = [0.05] * len(calls)
    return [
        attack.name
        for attack in attacks
        if untrusted_check("humaneval", attack.program, calls, "rungs", expected, 0, limits, fast_check=True)[0]
        == "pass"
    ]


if __name__ == "__main__":
    main()
