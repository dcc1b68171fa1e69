"""Turn CodeT's recorded raw generations into a tests file: five asserts of each sample, duplicates kept.

    python -m perf.codet_tests humaneval_codegen16b_tests.jsonl.gz codet.tests.jsonl
    coderm-eval rerank --benchmark humaneval+ --samples humaneval_codegen16b_n100.samples.jsonl.gz \\
        --tests codet.tests.jsonl --out codet --select all --grade --allow-partial

Input: {"task_id", "prompt", "samples"} lines; a prompt ends with "# check the correctness of NAME" and "assert ".
"""

from __future__ import annotations

import ast
import gzip
import json
import re
from pathlib import Path

from perf._common import argument_parser

ASSERTS = 5
"""The first asserts of each sample: CodeT's own limit (arXiv 2207.10397, Section 4)."""

STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("recorded", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    with gzip.open(options.recorded, "rt") as lines, options.out.open("w") as out:
        for row in map(json.loads, lines):
            for sample in row["samples"]:
                for test in asserts(sample, entry_point(row["prompt"]))[:ASSERTS]:
                    out.write(json.dumps({"task_id": row["task_id"], "test": test}) + "\n")


def entry_point(prompt: str) -> str:
    return str(re.findall(r"# check the correctness of (\w+)", prompt)[-1])


def asserts(sample: str, name: str) -> list[str]:
    """Return the asserts in a sample that call `name` and can be parsed."""
    return [test for test in map(cut, ("assert " + sample).split("assert ")) if f"{name}(" in test and is_assert(test)]


def cut(part: str) -> str:
    for stop in STOPS:
        part = part.split(stop)[0]
    return "assert " + part.strip()


def is_assert(test: str) -> bool:
    try:
        [statement] = ast.parse(test).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return isinstance(statement, ast.Assert)


if __name__ == "__main__":
    main()
