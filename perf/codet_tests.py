"""CodeT's recorded raw generations as a tests file: the first five asserts of each sample, duplicates as they come.

    python benchmarks/codet_tests.py humaneval_codegen16b_tests.jsonl.gz codet.tests.jsonl
    coderm-eval rerank --benchmark humaneval+ --samples humaneval_codegen16b_n100.samples.jsonl.gz \\
        --tests codet.tests.jsonl --out codet --select all --grade --allow-partial

Input: {"task_id", "prompt", "samples"} lines; a prompt ends with "# check the correctness of NAME" and "assert ".
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import re
from pathlib import Path

ASSERTS = 5
"""Of each sample: CodeT's own limit (arXiv 2207.10397, Section 4)."""

STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recorded", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    with gzip.open(options.recorded, "rt") as lines, options.out.open("w") as out:
        for row in map(json.loads, lines):
            for sample in row["samples"]:
                for test in asserts(sample, entry_point(row["prompt"]))[:ASSERTS]:
                    out.write(json.dumps({"task_id": row["task_id"], "test": test}) + "\n")


def entry_point(prompt: str) -> str:
    return re.findall(r"# check the correctness of (\w+)", prompt)[-1]


def asserts(sample: str, name: str) -> list[str]:
    """The asserts in a sample that call `name` and can be parsed."""
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
