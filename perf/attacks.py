"""What the attacks that need no isolation to be harmless do to this executor and to two others.

    unshare --pid --fork --kill-child python benchmarks/attacks.py --coderm docker_source/main.py

The attacks are those of tests/attacks.py that end early or forge. An attack has won where its program passes.
Peers: the CodeRM authors' script on the same program and test, and EvalPlus's `untrusted_check` on the same calls.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends.local import run_pairs
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.pairs import ProgramTest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from executor import RUN_CLASS
from helpers.attacks import ATTACKS, TEST, Attack

KINDS = ("ends early", "forges")
HEIGHTS = (2, 9, 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coderm", type=Path, required=True, help="the CodeRM authors' docker_source/main.py")
    options = parser.parse_args()
    attacks = [attack for attack in ATTACKS if attack.kind in KINDS]
    won = {
        "this executor": ours(attacks),
        "CodeRM docker_source/main.py": coderm(attacks, options.coderm),
        "EvalPlus untrusted_check": evalplus(attacks),
    }
    print("| executor |", " | ".join(f"{kind}: won" for kind in KINDS), "| which |\n|---|---|---|---|")
    for name, names in won.items():
        counts = [
            f"{sum(a.name in names for a in attacks if a.kind == kind)} of {sum(a.kind == kind for a in attacks)}"
            for kind in KINDS
        ]
        print(f"| {name} | {' | '.join(counts)} | {', '.join(names)} |")


def ours(attacks: Sequence[Attack]) -> list[str]:
    pairs = (ProgramTest(attack.name, attack.program, TEST, attack.name, "rungs") for attack in attacks)
    passed = {o.key for o in run_pairs(pairs, Limits(), workers=2) if o.verdict == Verdict.PASSED}
    return [attack.name for attack in attacks if attack.name in passed]


def coderm(attacks: Sequence[Attack], script: Path) -> list[str]:
    """A run of the script for each, since some end it."""
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
