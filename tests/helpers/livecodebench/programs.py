"""Programs with which a grader of LiveCodeBench is checked, and what is to be said of each.

The programs are files below tests/data/livecodebench/, one each, in a folder by what they try; cases.jsonl there has a
line for each, in the order of `CASES`. A program that is no ordinary text stands in its line. To add one, add a file
and a line.

The problems and the programs are invented; every `official` and `lighteval` was read off the graders themselves
(LiveCodeBench's `codegen_metrics` and lighteval 0.13.0's, Python 3.11, 2 s a test), and every `corrected` of a stdin
program off `python3 program.py < input`. Rules that the values follow:

- `official`: "pass" where all tests are true, "timeout" where one is -3, otherwise "fail", also where the grader itself
  hangs or breaks.
- `corrected`, stdin: a process for each test, a real stdin; an exit status other than 0 is a failure; the output is
  compared as the official grader compares it. What the official prelude gives, names that were not imported and
  larger limits, is given here too: 4 programs that Python alone would fail on.
- `corrected`, functional: as `official`, with two exceptions: a program that never ends is a "timeout" wherever it
  hangs, and an object of a class is no plain data, whatever it says that it equals.
- A program with `honest: false` cheats. Its `corrected` is "fail", and "timeout" is as good: it must never pass.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from helpers.paths import TEST_DATA

__all__ = ["CASES", "PROBLEMS", "Case", "Invented"]

Kind = Literal["functional", "stdin"]
Outcome = Literal["pass", "fail", "timeout"]

DATA = TEST_DATA / "livecodebench"


class Invented(NamedTuple):
    statement: str
    function: str | None
    """None: a stdin problem."""
    cases: tuple[tuple[str, str], ...]
    """(input, output), as LiveCodeBench writes them: JSON, one line for each argument, or the raw text."""


class Case(NamedTuple):
    name: str
    kind: Kind
    problem: str
    program: str
    official: Outcome
    corrected: Outcome
    """In its line only where it is not as `official`."""
    honest: bool = True
    note: str = ""
    lighteval: Outcome | None = None
    """None: as `official`."""


PROBLEMS: dict[str, Invented] = {
    # functional
    "double": Invented("Each number doubled.", "double", (("[1, 2, 3]", "[2, 4, 6]"), ("[0, -4]", "[0, -8]"))),
    "total": Invented("The sum of the numbers.", "total", (("[1, 2, 3]", "6"), ("[10, 40]", "50"), ("[7]", "7"))),
    "distinct": Invented(
        "The distinct numbers, in rising order.", "distinct", (("[3, 1, 3]", "[1, 3]"), ("[2, 9, 4]", "[2, 4, 9]"))
    ),
    "pair_up": Invented(
        "The numbers in pairs.", "pair_up", (("[1, 2, 3, 4]", "[[1, 2], [3, 4]]"), ("[5, 6]", "[[5, 6]]"))
    ),
    "last": Invented("The last number, in a list.", "last", (("[1, 2]", "[2]"), ("[3]", "[3]"))),
    "add": Invented("The sum of two numbers.", "add", (("0.1\n0.2", "0.3"), ("1.5\n2", "3.5"))),
    "tally": Invented(
        "How often each number occurs.", "tally", (("[1, 1, 2]", '{"1": 2, "2": 1}'), ("[3]", '{"3": 1}'))
    ),
    "is_long": Invented(
        "Whether a text has more than 4 letters.", "is_long", (('"abc"', "false"), ('"abcdefg"', "true"))
    ),
    "shout": Invented("The text in capitals.", "shout", (('"hey"', '"HEY"'), ('"a b"', '"A B"'))),
    "first_even": Invented("The first even number, or null.", "first_even", (("[1, 4]", "4"), ("[1, 3]", "null"))),
    "climb": Invented("The number itself.", "climb", (("20000", "20000"), ("3", "3"))),
    "digits": Invented("The number of digits of 10 to the n.", "digits", (("5000", "5001"), ("2", "3"))),
    # stdin
    "sum_lines": Invented(
        "The sum of the numbers on the lines.", None, (("1\n2\n3\n", "6\n"), ("50\n", "50\n"), ("10\n-4\n", "6\n"))
    ),
    "sum_bare": Invented("The same; the last line does not end.", None, (("1\n2\n3", "6"), ("50", "50"))),
    "sum_counted": Invented(
        "The sum of n numbers, after n.", None, (("3\n1\n2\n3\n", "6\n"), ("1\n50\n", "50\n"), ("2\n10\n-4\n", "6\n"))
    ),
    "double_one": Invented("A number doubled.", None, (("4\n", "8\n"), ("11\n", "22\n"))),
    "double_each": Invented(
        "Each number of a line doubled, on lines.", None, (("1 2 3\n", "2\n4\n6\n"), ("5 0\n", "10\n0\n"))
    ),
    "double_row": Invented(
        "Each number of a line doubled, on a line.", None, (("1 2 3\n", "2 4 6\n"), ("5 0\n", "10 0\n"))
    ),
    "upper": Invented("A line in capitals.", None, (("good day\n", "GOOD DAY\n"), ("a b c\n", "A B C\n"))),
    "backwards": Invented("A word backwards.", None, (("né\n", "én\n"), ("日本\n", "本日\n"))),
    "length": Invented("The length of a line.", None, (("good day\r\n", "8\n"), ("abc\r\n", "3\n"))),
    "first": Invented(
        "The first of many numbers.", None, (("7\n" + "10\n" * 100_000, "7\n"), ("42\n" + "10\n" * 100_000, "42\n"))
    ),
    "halve": Invented("Half a number.", None, (("3\n", "1.5\n"), ("4\n", "2\n"))),
    "add_decimals": Invented("The sum of two numbers.", None, (("0.1 0.2\n", "0.3\n"), ("1 1\n", "2\n"))),
    "divisor": Invented("The greatest common divisor.", None, (("12 18\n", "6\n"), ("7 5\n", "1\n"))),
    "stairs": Invented("The number itself.", None, (("20000\n", "20000\n"), ("3\n", "3\n"))),
    "power": Invented("10 to the n.", None, (("5000\n", "1" + "0" * 5000 + "\n"), ("2\n", "100\n"))),
}


def _case(row: Mapping[str, Any]) -> Case:
    fields = {"corrected": row["official"], **row}
    if "program" not in row:
        fields["program"] = (DATA / row["group"] / f"{row['name']}.py").read_text()
    return Case(**{name: fields[name] for name in Case._fields if name in fields})


CASES = tuple(_case(json.loads(line)) for line in (DATA / "cases.jsonl").read_text().splitlines())
