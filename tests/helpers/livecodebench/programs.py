r"""Programs with which a grader of LiveCodeBench is checked, and what is to be said of each.

The problems and the programs are invented; every `official` and `lighteval` was read off the graders themselves
(LiveCodeBench's `codegen_metrics` and lighteval 0.13.0's, Python 3.11, 2 s a test), and every `fixed` of a stdin
program off `python3 program.py < input`. Rules that the values follow:

- `official`: "pass" where all tests are true, "timeout" where one is -3, otherwise "fail", also where the grader itself
  hangs or breaks.
- `fixed`, stdin: a process for each test, a real stdin; an exit status other than 0 is a failure; the output is
  compared as the official grader compares it. What the official prelude gives, names that were not imported and
  larger limits, is given here too: 4 programs that Python alone would fail on.
- `fixed`, functional: as `official`, with two exceptions: a program that never ends is a "timeout" wherever it hangs,
  and an object of a class is no plain data, whatever it says that it equals.
- A program with `honest=False` cheats. It has `fixed="fail"`, and "timeout" is as good: it must never pass.
"""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent
from typing import Literal, NamedTuple

Kind = Literal["functional", "stdin"]
Outcome = Literal["pass", "fail", "timeout"]


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
    fixed: Outcome
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


def _case(
    kind: Kind,
    name: str,
    problem: str,
    official: Outcome = "pass",
    fixed: Outcome | None = None,
    *,
    lighteval: Outcome | None = None,
    honest: bool = True,
    note: str = "",
) -> Callable[[str], Case]:
    """The case as a function of its program, so that the program ends the expression; `fixed` is by default as
    `official`."""
    return lambda program: Case(
        name, kind, problem, dedent(program).lstrip("\n"), official, fixed or official, honest, note, lighteval
    )


def _stdin(
    name: str,
    problem: str,
    official: Outcome = "pass",
    fixed: Outcome | None = None,
    *,
    lighteval: Outcome | None = None,
    note: str = "",
) -> Callable[[str], Case]:
    return _case("stdin", name, problem, official, fixed, lighteval=lighteval, note=note)


def _functional(
    name: str, problem: str, official: Outcome = "pass", fixed: Outcome | None = None, *, note: str = ""
) -> Callable[[str], Case]:
    return _case("functional", name, problem, official, fixed, note=note)


def _cheat(kind: Kind, name: str, problem: str, official: Outcome, *, note: str = "") -> Callable[[str], Case]:
    return _case(kind, name, problem, official, "fail", honest=False, note=note)


READING: tuple[Case, ...] = (
    # input()
    _stdin("input_counted", "sum_counted")("""
        n = int(input())
        print(sum(int(input()) for _ in range(n)))
    """),
    _stdin("input_until_eof", "sum_lines")("""
        total = 0
        while True:
            try:
                total += int(input())
            except EOFError:
                break
        print(total)
    """),
    _stdin("input_until_eof_without_last_newline", "sum_bare")("""
        total = 0
        try:
            while True:
                total += int(input())
        except EOFError:
            print(total)
    """),
    _stdin("input_with_prompt", "double_one", "fail", note="the prompt is output")("""
        print(2 * int(input("a number: ")))
    """),
    _stdin("input_beyond_the_end", "double_one", "fail")("""
        number = int(input())
        input()
        print(2 * number)
    """),
    _stdin("input_of_crlf_lines", "length", "fail", note="the carriage return stays, as on any real stdin of Linux")("""
        print(len(input()))
    """),
    _stdin("rest_of_input_not_read", "first")("""
        print(input())
    """),
    # sys.stdin.read
    _stdin("read", "sum_lines")("""
        import sys

        print(sum(map(int, sys.stdin.read().split())))
    """),
    _stdin("read_long_input", "first")("""
        import sys

        lines = sys.stdin.read().splitlines()
        assert len(lines) == 100_001
        print(lines[0])
    """),
    _stdin("read_without_last_newline", "sum_bare")("""
        import sys

        print(sum(int(line) for line in sys.stdin.read().split("\\n")))
    """),
    _stdin("read_after_input", "sum_counted", "fail", "pass", lighteval="pass", note="read() gives all text again")("""
        import sys

        n = int(input())
        print(sum(map(int, sys.stdin.read().split())))
    """),
    _stdin("read_twice", "sum_lines", "fail", "pass", lighteval="pass")("""
        import sys

        first = sys.stdin.read()
        rest = sys.stdin.read()
        print(sum(map(int, (first + rest).split())))
    """),
    _stdin(
        "read_by_character", "sum_lines", "timeout", "pass", lighteval="pass", note="read(1) gives all text, for ever"
    )("""
        import sys

        total, number = 0, ""
        while True:
            character = sys.stdin.read(1)
            if not character:
                break
            if character == "\\n":
                total, number = total + int(number), ""
            elif len(number) < 9:
                number += character
        print(total)
    """),
    _stdin("read_into_a_new_stdin", "sum_counted")("""
        import io
        import sys

        sys.stdin = io.StringIO(sys.stdin.read())
        n = int(input())
        print(sum(int(input()) for _ in range(n)))
    """),
    # sys.stdin.readline
    _stdin("readline_as_input", "sum_counted")("""
        import sys

        input = sys.stdin.readline
        n = int(input())
        print(sum(int(input()) for _ in range(n)))
    """),
    _stdin("readline_in_a_lambda", "upper")("""
        import sys

        input = lambda: sys.stdin.readline().rstrip("\\n")
        print(input().upper())
    """),
    _stdin("readline_cut_by_one", "upper")("""
        import sys

        print(sys.stdin.readline()[:-1].upper())
    """),
    _stdin("readline_until_empty", "sum_lines")("""
        import sys

        total = 0
        while line := sys.stdin.readline():
            total += int(line)
        print(total)
    """),
    _stdin("readline_until_sentinel", "sum_lines")("""
        import sys

        print(sum(int(line) for line in iter(sys.stdin.readline, "")))
    """),
    _stdin("readline_after_the_end", "double_one")("""
        import sys

        number = int(sys.stdin.readline())
        assert sys.stdin.readline() == ""
        print(2 * number)
    """),
    # sys.stdin.readlines
    _stdin(
        "readlines",
        "sum_lines",
        "fail",
        "pass",
        lighteval="pass",
        note="the text split at newlines: an empty last line",
    )("""
        import sys

        print(sum(int(line) for line in sys.stdin.readlines()))
    """),
    _stdin("readlines_but_blank", "sum_lines")("""
        import sys

        print(sum(int(line) for line in sys.stdin.readlines() if line.strip()))
    """),
    _stdin("readlines_without_last_newline", "sum_bare")("""
        import sys

        print(sum(int(line) for line in sys.stdin.readlines()))
    """),
    _stdin("readlines_after_input", "sum_counted", "fail", "pass", lighteval="pass")("""
        import sys

        n = int(input())
        print(sum(int(line) for line in sys.stdin.readlines() if line.strip()))
    """),
    _stdin("readlines_cut_by_one", "upper", "fail", "pass", lighteval="pass", note="lines without their newline")("""
        import sys

        print(sys.stdin.readlines()[0][:-1].upper())
    """),
    # iteration
    _stdin("for_line", "sum_lines", "fail", "pass", lighteval="pass")("""
        import sys

        total = 0
        for line in sys.stdin:
            total += int(line)
        print(total)
    """),
    _stdin("for_line_without_last_newline", "sum_bare", "fail", "pass", lighteval="pass")("""
        import sys

        print(sum(int(line) for line in sys.stdin))
    """),
    _stdin("map_over_stdin", "sum_lines", "fail", "pass", lighteval="pass")("""
        import sys

        print(sum(map(int, sys.stdin)))
    """),
    _stdin("next_line", "double_one", "fail", "pass", lighteval="pass")("""
        import sys

        print(2 * int(next(sys.stdin)))
    """),
    _stdin("rows_of_csv", "sum_lines", "fail", "pass", lighteval="pass")("""
        import csv
        import sys

        print(sum(int(row[0]) for row in csv.reader(sys.stdin)))
    """),
    # sys.stdin.buffer
    _stdin("buffer_read", "sum_lines", lighteval="fail")("""
        import sys

        print(sum(map(int, sys.stdin.buffer.read().split())))
    """),
    _stdin("buffer_readline", "sum_counted", "fail", "pass", note="always the first line")("""
        import sys

        n = int(sys.stdin.buffer.readline())
        print(sum(int(sys.stdin.buffer.readline()) for _ in range(n)))
    """),
    _stdin("buffer_readline_of_one_line", "double_one", lighteval="fail")("""
        import sys

        print(2 * int(sys.stdin.buffer.readline()))
    """),
    _stdin("buffer_read_after_readline", "sum_counted", "fail", "pass")("""
        import sys

        n = int(sys.stdin.buffer.readline())
        print(sum(map(int, sys.stdin.buffer.read().split())))
    """),
    _stdin("buffer_readlines", "sum_lines", "fail", "pass")("""
        import sys

        print(sum(map(int, sys.stdin.buffer.readlines())))
    """),
    _stdin("for_line_of_buffer", "sum_lines", "fail", "pass")("""
        import sys

        print(sum(int(line) for line in sys.stdin.buffer))
    """),
    _stdin("bytes_in_memory", "sum_counted", lighteval="fail")("""
        import io
        import sys

        input = io.BytesIO(sys.stdin.buffer.read()).readline
        n = int(input())
        print(sum(int(input()) for _ in range(n)))
    """),
    _stdin("text_over_buffer", "sum_lines", "fail", "pass")("""
        import io
        import sys

        print(sum(int(line) for line in io.TextIOWrapper(sys.stdin.buffer)))
    """),
    # from sys import stdin: the stdin of the grader, of which three methods are replaced
    _stdin("imported_read", "sum_lines")("""
        from sys import stdin

        print(sum(map(int, stdin.read().split())))
    """),
    _stdin("imported_readline", "sum_counted")("""
        from sys import stdin

        n = int(stdin.readline())
        print(sum(int(stdin.readline()) for _ in range(n)))
    """),
    _stdin("imported_readline_cut_by_one", "upper", "fail", "pass", note="lines without their newline")("""
        from sys import stdin

        print(stdin.readline()[:-1].upper())
    """),
    _stdin("imported_readline_until_empty", "sum_bare", "fail", "pass", note="StopIteration at the end")("""
        from sys import stdin

        total = 0
        while line := stdin.readline():
            total += int(line)
        print(total)
    """),
    _stdin("imported_readline_until_empty_line", "sum_lines", note="the text after the last newline is a line")("""
        from sys import stdin

        total = 0
        while line := stdin.readline():
            total += int(line)
        print(total)
    """),
    _stdin("imported_readline_until_sentinel", "sum_bare", note="StopIteration ends iter()")("""
        from sys import stdin

        print(sum(int(line) for line in iter(stdin.readline, "")))
    """),
    _stdin("imported_readlines", "sum_bare")("""
        from sys import stdin

        print(sum(int(line) for line in stdin.readlines()))
    """),
    _stdin("imported_read_after_readline", "sum_counted", "fail", "pass")("""
        from sys import stdin

        n = int(stdin.readline())
        print(sum(map(int, stdin.read().split())))
    """),
    _stdin("imported_for_line", "sum_lines", "fail", "pass")("""
        from sys import stdin

        print(sum(int(line) for line in stdin))
    """),
    _stdin("imported_buffer_read", "sum_lines", "fail", "pass")("""
        from sys import stdin

        print(sum(map(int, stdin.buffer.read().split())))
    """),
    _stdin("imported_in_a_function", "sum_counted", note="imported while the test runs: the replaced stdin")("""
        def main():
            from sys import stdin

            n = int(stdin.readline())
            print(sum(int(stdin.readline()) for _ in range(n)))

        main()
    """),
    _stdin("imported_in_a_function_for_line", "sum_lines", "fail", "pass", lighteval="pass")("""
        def main():
            from sys import stdin

            print(sum(int(line) for line in stdin))

        main()
    """),
    _stdin("original_stdin", "sum_lines", "fail", "pass")("""
        import sys

        print(sum(map(int, sys.__stdin__.read().split())))
    """),
    # other ways to the same file
    _stdin("open_0", "sum_lines", "fail", "pass")("""
        print(sum(map(int, open(0).read().split())))
    """),
    _stdin("open_0_for_line", "sum_lines", "fail", "pass")("""
        with open(0) as lines:
            print(sum(int(line) for line in lines))
    """),
    _stdin("open_dev_stdin", "sum_lines", "fail", "pass")("""
        print(sum(int(line) for line in open("/dev/stdin")))
    """),
    _stdin("open_0_of_builtins", "sum_lines", note="this `open` is replaced")("""
        import builtins

        print(sum(map(int, builtins.open(0).read().split())))
    """),
    _stdin("os_read", "sum_lines", "fail", "pass")("""
        import os

        text = b""
        while part := os.read(0, 65536):
            text += part
        print(sum(map(int, text.split())))
    """),
    _stdin("os_read_of_fileno", "double_one", "fail", "pass")("""
        import os
        import sys

        print(2 * int(os.read(sys.stdin.fileno(), 65536)))
    """),
    _stdin("local_input_file", "sum_lines", note="`open` is the real one")("""
        import sys

        try:
            sys.stdin = open("numbers-of-the-day.txt")
        except FileNotFoundError:
            pass
        print(sum(map(int, sys.stdin.read().split())))
    """),
)

WRITING: tuple[Case, ...] = (
    _stdin("print_end", "double_each")("""
        for number in input().split():
            print(2 * int(number), end="\\n")
    """),
    _stdin("print_sep", "double_each")("""
        print(*(2 * int(number) for number in input().split()), sep="\\n", end="")
    """),
    _stdin("print_flush", "double_one")("""
        print(2 * int(input()), flush=True)
    """),
    _stdin("print_to_stderr", "double_one")("""
        import sys

        number = int(input())
        print("read", number, file=sys.stderr)
        print(2 * number, file=sys.stdout)
    """),
    _stdin("much_on_stderr", "double_one")("""
        import sys

        for _ in range(1000):
            print("debugging " * 100, file=sys.stderr)
        print(2 * int(input()))
    """),
    _stdin("text_of_several_lines", "double_each")('''
        """Doubles."""
        form = """{}
        """
        print("".join(form.format(2 * int(number)) for number in input().split()))
    '''),
    _stdin("stdout_write", "double_each")("""
        import sys

        write = sys.stdout.write
        for number in input().split():
            write(str(2 * int(number)) + "\\n")
        sys.stdout.flush()
    """),
    _stdin("stdout_writelines", "double_each")("""
        import sys

        sys.stdout.writelines(f"{2 * int(number)}\\n" for number in input().split())
    """),
    _stdin("stdout_redirected", "double_one")("""
        import io
        from contextlib import redirect_stdout

        kept = io.StringIO()
        with redirect_stdout(kept):
            print(2 * int(input()))
        print(kept.getvalue(), end="")
    """),
    _stdin("stdout_given_back", "double_one", "fail", "pass")("""
        import io
        import sys

        sys.stdout = kept = io.StringIO()
        print(2 * int(input()))
        sys.stdout = sys.__stdout__
        print(kept.getvalue(), end="")
    """),
    _stdin("stdout_buffer", "double_one", "fail", "pass")("""
        import sys

        sys.stdout.buffer.write(b"%d\\n" % (2 * int(input())))
    """),
    _stdin("bytes_that_are_no_text", "double_one", "fail")("""
        import sys

        sys.stdout.buffer.write(b"\\xff\\xfe\\n")
    """),
    _stdin("stdout_reconfigured", "double_one", "fail", "pass")("""
        import sys

        sys.stdout.reconfigure(line_buffering=True)
        print(2 * int(input()))
    """),
    _stdin("stdout_closed", "double_one", "fail", "pass", note="this `close` wants an argument")("""
        import sys

        print(2 * int(input()))
        sys.stdout.close()
    """),
    _stdin("imported_stdout", "double_one", "fail", "pass")("""
        from sys import stdout

        stdout.write(f"{2 * int(input())}\\n")
    """),
    _stdin("os_write", "double_one", "fail", "pass")("""
        import os

        os.write(1, b"%d\\n" % (2 * int(input())))
    """),
    _stdin("open_1", "double_one", "fail", "pass")("""
        with open(1, "w") as out:
            print(2 * int(input()), file=out)
    """),
    _stdin("print_at_exit", "double_one", "fail", "pass")("""
        import atexit

        number = int(input())
        atexit.register(lambda: print(2 * number))
    """),
    _stdin("not_ascii", "backwards")("""
        print(input()[::-1])
    """),
)

ENDING: tuple[Case, ...] = (
    _stdin("sys_exit", "double_one")("""
        import sys

        print(2 * int(input()))
        sys.exit()
    """),
    _stdin("exit", "double_one")("""
        print(2 * int(input()))
        exit(0)
        print("never")
    """),
    _stdin("quit", "double_one", "fail", "pass", note="`quit` is None")("""
        print(2 * int(input()))
        quit()
    """),
    _stdin("raise_system_exit", "double_one")("""
        print(2 * int(input()))
        raise SystemExit
    """),
    _stdin("sys_exit_main", "double_one")("""
        import sys

        def main():
            print(2 * int(input()))
            return 0

        if __name__ == "__main__":
            sys.exit(main())
    """),
    _stdin("sys_exit_1", "double_one", "pass", "fail", note="the exit status is not looked at")("""
        import sys

        print(2 * int(input()))
        sys.exit(1)
    """),
    _stdin("sys_exit_message", "double_one", "pass", "fail", note="the exit status is 1")("""
        import sys

        print(2 * int(input()))
        sys.exit("done")
    """),
    _stdin("os_exit_flushed", "double_one", "fail", "pass", note="ends the process of the grader")("""
        import os
        import sys

        print(2 * int(input()))
        sys.stdout.flush()
        os._exit(0)
    """),
    _stdin("os_exit_not_flushed", "double_one", "fail", note="a pipe or file gets nothing")("""
        import os

        print(2 * int(input()))
        os._exit(0)
    """),
    _stdin("error_after_output", "double_one", "fail")("""
        print(2 * int(input()))
        raise ValueError("late")
    """),
    _stdin("keyboard_interrupt", "double_one", "fail", note="no Exception: ends the process of the grader")("""
        print(2 * int(input()))
        raise KeyboardInterrupt
    """),
    _stdin("return_from_the_program", "double_one", "pass", "fail", note="SyntaxError, but not inside a function")("""
        number = int(input())
        if number > 0:
            print(2 * number)
            return
        print(number)
    """),
)

SCOPE: tuple[Case, ...] = (
    # everything but the top-level imports becomes the body of a function
    _stdin("function", "sum_counted")("""
        def solve(n):
            return sum(int(input()) for _ in range(n))

        print(solve(int(input())))
    """),
    _stdin("function_reads_module_variable", "double_one")("""
        factor = 2

        def double(number):
            return factor * number

        print(double(int(input())))
    """),
    _stdin("global_variable", "sum_counted", "fail", "pass")("""
        total = 0

        def add(number):
            global total
            total += number

        for _ in range(int(input())):
            add(int(input()))
        print(total)
    """),
    _stdin("global_at_top", "sum_counted", note="then it is one of the module again")("""
        global total
        total = 0

        def add(number):
            global total
            total += number

        for _ in range(int(input())):
            add(int(input()))
        print(total)
    """),
    _stdin("global_made_in_function", "sum_lines", "fail", "pass", note="it is still there in the second test")("""
        import sys

        def keep(number):
            global kept
            try:
                kept.append(number)
            except NameError:
                kept = [number]

        for number in sys.stdin.read().split():
            keep(int(number))
        print(sum(kept))
    """),
    _stdin("nonlocal_variable", "sum_counted", "pass", "fail", note="SyntaxError, but not inside a function")("""
        total = 0

        def add(number):
            nonlocal total
            total += number

        for _ in range(int(input())):
            add(int(input()))
        print(total)
    """),
    _stdin("builtin_name_reused", "sum_lines", "fail", "pass", note="UnboundLocalError")("""
        import sys

        numbers = [int(number) for number in sys.stdin.read().split()]
        sum = sum(numbers)
        print(sum)
    """),
    _stdin("input_replaced_after_use", "sum_counted", "fail", "pass", note="UnboundLocalError")("""
        import sys

        n = int(input())
        input = sys.stdin.readline
        print(sum(int(input()) for _ in range(n)))
    """),
    _stdin("globals_looked_up", "double_one", "fail", "pass")("""
        number = int(input())
        print(2 * globals()["number"])
    """),
    _stdin("exec_assigns", "double_one", "fail", "pass")("""
        exec("number = int(input())")
        print(2 * number)
    """),
    _stdin("file_of_the_program", "double_one", "fail", "pass", note="__file__ is not there")("""
        import os

        folder = os.path.dirname(__file__)
        print(2 * int(input()))
    """),
    _stdin("event_loop", "double_one")("""
        import asyncio

        async def main():
            await asyncio.sleep(0)
            print(2 * int(input()))

        asyncio.run(main())
    """),
    _stdin("classes_and_decorators", "sum_counted")("""
        from dataclasses import dataclass
        from functools import lru_cache

        @dataclass
        class Step:
            size: int

        @lru_cache(maxsize=None)
        def reached(n):
            return reached(n - 1) + steps[n - 1].size if n else 0

        steps = [Step(int(input())) for _ in range(int(input()))]
        print(reached(len(steps)))
    """),
    _stdin("class_attribute", "sum_lines", note="the class is made anew in each test")("""
        import sys

        class Sum:
            value = 0

        for number in sys.stdin.read().split():
            Sum.value += int(number)
        print(Sum.value)
    """),
    _stdin("class_solution", "double_one", "fail", "pass", note="looked for in the module")("""
        class Solution:
            def double(self, number):
                return 2 * number

        print(Solution().double(int(input())))
    """),
    _stdin("class_solution_in_a_text", "double_one", "fail", "pass")("""
        banner = "no class Solution here"
        print(2 * int(input()))
    """),
    _stdin("class_solution_in_a_comment", "double_one", note="comments are gone when it is looked for")("""
        # no class Solution here
        print(2 * int(input()))
    """),
    _stdin("class_solution_in_a_longer_name", "double_one", "fail", "pass")("""
        class SolutionOfToday:
            def double(self, number):
                return 2 * number

        print(SolutionOfToday().double(int(input())))
    """),
    # the main guard
    _stdin("guard_last", "double_one")("""
        def main():
            print(2 * int(input()))

        if __name__ == '__main__':
            main()
    """),
    _stdin("guard_with_double_quotes", "double_one")("""
        def main():
            print(2 * int(input()))

        if __name__ == "__main__":
            main()
        # the end
    """),
    _stdin("guard_turned_round", "double_one", "fail", "pass")("""
        def main():
            print(2 * int(input()))

        if "__main__" == __name__:
            main()
    """),
    _stdin("guard_in_brackets", "double_one")("""
        def main():
            print(2 * int(input()))

        if (__name__ == "__main__"):
            main()
    """),
    _stdin("guard_not_last", "double_one", "fail", "pass")("""
        def main():
            print(2 * int(input()))

        if __name__ == "__main__":
            main()

        finished = True
    """),
    _stdin("guard_with_else", "double_one", note="the else goes with the guard")("""
        def main():
            print(2 * int(input()))

        if __name__ == "__main__":
            main()
        else:
            raise RuntimeError("not to be imported")
    """),
    # imports
    _stdin("future_import", "double_one", "fail", "pass", note="not the first line any more")("""
        from __future__ import annotations

        def double(number: int) -> int:
            return 2 * number

        print(double(int(input())))
    """),
    _stdin("import_after_own_definition", "divisor", "fail", "pass", note="imports are moved to the top")("""
        def gcd(a, b):
            return 0

        from math import gcd

        print(gcd(*map(int, input().split())))
    """),
    _stdin("own_definition_after_import", "divisor")("""
        from math import gcd

        def gcd(a, b):
            return gcd(b, a % b) if b else a

        print(gcd(*map(int, input().split())))
    """),
    _stdin("star_import_in_try", "divisor", "fail", "pass", note="SyntaxError inside a function")("""
        try:
            from math import *
        except ImportError:
            pass
        print(gcd(*map(int, input().split())))
    """),
    _stdin("import_in_try", "divisor")("""
        try:
            from math import gcd
        except ImportError:
            from fractions import gcd
        print(gcd(*map(int, input().split())))
    """),
    _stdin("import_resource", "double_one", "fail", "pass", note="barred, with joblib, psutil, tkinter and ipdb")("""
        import resource

        resource.getrlimit(resource.RLIMIT_STACK)
        print(2 * int(input()))
    """),
    _stdin("import_numpy", "sum_lines")("""
        import sys

        import numpy as np

        print(np.array(sys.stdin.read().split(), dtype=np.int64).sum())
    """),
    # what stands in front of every program
    _stdin("deque_not_imported", "sum_lines", note="the prelude has it")("""
        queue = deque()
        try:
            while True:
                queue.append(int(input()))
        except EOFError:
            print(sum(queue))
    """),
    _stdin("sys_not_imported", "sum_lines", note="the prelude has it")("""
        print(sum(map(int, sys.stdin.read().split())))
    """),
    _stdin("recursion_without_limit", "stairs", note="the prelude allows 50,000")("""
        def climb(n):
            return climb(n - 1) + 1 if n else 0

        print(climb(int(input())))
    """),
    _stdin("long_number", "power", note="numbers of 50,000 digits are allowed")("""
        print(10 ** int(input()))
    """),
    # recursion and threads
    _stdin("recursion_with_limit", "stairs")("""
        import sys

        sys.setrecursionlimit(10**6)

        def climb(n):
            return climb(n - 1) + 1 if n else 0

        print(climb(int(input())))
    """),
    _stdin("recursion_in_thread", "stairs")("""
        import sys
        import threading

        sys.setrecursionlimit(10**6)
        threading.stack_size(1 << 27)

        def climb(n):
            return climb(n - 1) + 1 if n else 0

        def main():
            print(climb(int(input())))

        thread = threading.Thread(target=main)
        thread.start()
        thread.join()
    """),
    _stdin("thread_not_joined", "double_one", "fail", "pass", note="prints after the output was taken")("""
        import threading
        import time

        number = int(input())

        def main():
            time.sleep(0.3)
            print(2 * number)

        threading.Thread(target=main).start()
    """),
    _stdin("daemon_thread_left", "double_one")("""
        import threading
        import time

        def wait():
            while True:
                time.sleep(0.1)

        threading.Thread(target=wait, daemon=True).start()
        print(2 * int(input()))
    """),
    _stdin("thread_left", "double_one", "pass", "timeout", note="all tests are right before the end is waited for")("""
        import threading
        import time

        def wait():
            while True:
                time.sleep(0.1)

        threading.Thread(target=wait).start()
        print(2 * int(input()))
    """),
    _stdin("error_in_thread", "double_one", note="the exit status is 0")("""
        import threading

        def main():
            print(2 * int(input()))
            raise ValueError("late")

        thread = threading.Thread(target=main)
        thread.start()
        thread.join()
    """),
    _stdin("exit_in_thread", "double_one")("""
        import sys
        import threading

        def main():
            print(2 * int(input()))
            sys.exit(3)

        thread = threading.Thread(target=main)
        thread.start()
        thread.join()
    """),
)

COMPARED: tuple[Case, ...] = (
    _stdin("trailing_spaces", "double_row")("""
        for number in input().split():
            print(2 * int(number), end=" ")
    """),
    _stdin("spaces_around_lines", "double_each")("""
        for number in input().split():
            print("  ", 2 * int(number), "\\t")
    """),
    _stdin("blank_lines_around", "double_each")("""
        print()
        for number in input().split():
            print(2 * int(number))
        print("\\n\\n")
    """),
    _stdin("blank_line_inside", "double_each", "fail")("""
        for number in input().split():
            print(2 * int(number), end="\\n\\n")
    """),
    _stdin("crlf", "double_each")("""
        for number in input().split():
            print(2 * int(number), end="\\r\\n")
    """),
    _stdin("lines_for_a_row", "double_row", "fail")("""
        for number in input().split():
            print(2 * int(number))
    """),
    _stdin("row_for_lines", "double_each", "fail")("""
        print(*(2 * int(number) for number in input().split()))
    """),
    _stdin("wide_row", "double_row")("""
        print(*(2 * int(number) for number in input().split()), sep=" \\t ")
    """),
    _stdin("carriage_returns_in_row", "double_row", note="lines end at newlines only; a return is a space")("""
        print(*(2 * int(number) for number in input().split()), sep="\\r")
    """),
    _stdin("form_feeds_in_row", "double_row")("""
        print(*(2 * int(number) for number in input().split()), sep="\\f")
    """),
    _stdin("no_break_spaces", "upper", note="stripped as any white space of Unicode")("""
        print("\\u00a0" + input().upper() + "\\u2003")
    """),
    _stdin("wide_words", "upper", "fail")("""
        print(input().upper().replace(" ", "  "))
    """),
    _stdin("wrong_case", "upper", "fail")("""
        print(input().title())
    """),
    _stdin("quoted_words", "upper", "fail")("""
        print(repr(input().upper()))
    """),
    _stdin("row_as_a_list", "double_row", "fail")("""
        print([2 * int(number) for number in input().split()])
    """),
    _stdin("float_for_int", "double_row", note="2.0 for 2")("""
        print(*(2.0 * int(number) for number in input().split()))
    """),
    _stdin("true_division", "halve", note="1.5, and 2.0 for 2")("""
        print(int(input()) / 2)
    """),
    _stdin("fixed_point", "halve")("""
        print(f"{int(input()) / 2:.6f}")
    """),
    _stdin("exponent", "halve", note="1.5e+00 for 1.5")("""
        print(f"{int(input()) / 2:.1e}")
    """),
    _stdin("leading_zeros", "double_one", note="008 for 8")("""
        print(f"{2 * int(input()):03}")
    """),
    _stdin("plus_sign", "double_one")("""
        print(f"{2 * int(input()):+}")
    """),
    _stdin("underscore_in_number", "double_one", note="Decimal reads 2_2")("""
        print("_".join(str(2 * int(input()))))
    """),
    _stdin("digits_of_another_script", "double_one", note="Decimal reads fullwidth digits")("""
        print("".join(chr(ord(digit) - ord("0") + 0xFF10) for digit in str(2 * int(input()))))
    """),
    _stdin("minus_zero", "double_row", note="-0 for 0")("""
        print(*(2 * int(number) or "-0" for number in input().split()))
    """),
    _stdin("rounding_error", "add_decimals", "fail", note="0.30000000000000004 for 0.3")("""
        print(sum(map(float, input().split())))
    """),
    _stdin("rounded", "add_decimals")("""
        print(round(sum(map(float, input().split())), 6))
    """),
    _stdin("number_with_comma", "halve", "fail")("""
        print(str(int(input()) / 2).replace(".", ","))
    """),
    _stdin("number_with_unit", "double_one", "fail")("""
        print(2 * int(input()), "apples")
    """),
    _stdin("not_a_number", "double_one", "fail", note="comparing a signalling NaN raises")("""
        print("sNaN")
    """),
    _stdin("output_after_the_answer", "double_one", "fail")("""
        print(2 * int(input()))
        print("done")
    """),
)

FAILING: tuple[Case, ...] = (
    _stdin("wrong_answer", "double_one", "fail")("""
        print(3 * int(input()))
    """),
    _stdin("wrong_in_second_test", "double_one", "fail")("""
        number = int(input())
        print(2 * number if number < 9 else 0)
    """),
    _stdin("prints_nothing", "double_one", "fail")("""
        number = int(input())
    """),
    _stdin("runtime_error", "double_one", "fail")("""
        print(2 * int(input()) // 0)
    """),
    _stdin("error_in_last_test", "sum_lines", "fail")("""
        import sys

        numbers = [int(number) for number in sys.stdin.read().split()]
        assert min(numbers) > 0
        print(sum(numbers))
    """),
    _stdin("endless_recursion", "double_one", "fail")("""
        def double(number):
            return double(number)

        print(double(int(input())))
    """),
    _stdin("crash", "double_one", "fail", note="ends the process of the grader")("""
        import ctypes

        print(2 * int(input()), flush=True)
        ctypes.string_at(0)
    """),
    _stdin("syntax_error", "double_one", "fail")("""
        print(2 * int(input())
    """),
    _stdin("prose", "double_one", "fail")("""
        The number is read and doubled, so the answer is 8.
    """),
    _stdin("fences_left_in", "double_one", "fail")("""
        ```python
        print(2 * int(input()))
        ```
    """),
    _stdin("python_2", "double_one", "fail")("""
        print 2 * int(raw_input())
    """),
    _stdin("empty_program", "double_one", "fail")(""),
    _stdin("only_a_comment", "double_one", "fail")("""
        # 8
    """),
    _stdin("only_imports", "double_one", "fail")("""
        import sys
    """),
    _stdin("missing_module", "double_one", "fail")("""
        import a_module_that_nobody_has

        print(2 * int(input()))
    """),
    _stdin("null_character", "double_one", "fail")("print(2 * int(input()\0))\n"),
    _stdin("lone_surrogate", "double_one", "fail")("name = '\ud800'\nprint(2 * int(input()))\n"),
    _stdin("crlf_source", "double_one")("number = int(input())\r\nprint(2 * number)\r\n"),
    _stdin("byte_order_mark", "double_one", "fail", "pass")("\ufeffprint(2 * int(input()))\n"),
    _stdin("function_only", "double_one", "fail", note="an answer to a functional problem")("""
        class Solution:
            def double(self, number):
                return 2 * number
    """),
)

ENDLESS: tuple[Case, ...] = (
    _stdin("loop", "double_one", "timeout")("""
        while True:
            pass
    """),
    _stdin("loop_after_output", "double_one", "timeout")("""
        print(2 * int(input()), flush=True)
        while True:
            pass
    """),
    _stdin("loop_in_second_test", "double_one", "timeout")("""
        number = int(input())
        while number > 9:
            pass
        print(2 * number)
    """),
    _stdin("sleep", "double_one", "timeout")("""
        import time

        time.sleep(10**6)
    """),
    _stdin("lock_taken_twice", "double_one", "timeout")("""
        import threading

        lock = threading.Lock()
        lock.acquire()
        lock.acquire()
    """),
    _stdin("loop_catches_exception", "double_one", "fail", "timeout", note="the alarm is an Exception; then a kill")("""
        while True:
            try:
                while True:
                    pass
            except Exception:
                pass
    """),
    _stdin("loop_catches_everything", "double_one", "fail", "timeout")("""
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
    """),
    _stdin("loop_below_python", "double_one", "fail", "timeout", note="no signal is seen inside any(); then a kill")("""
        from itertools import repeat

        print(any(repeat(0)))
    """),
    _stdin("loop_in_joined_thread", "double_one", "timeout")("""
        import threading

        def main():
            while True:
                pass

        thread = threading.Thread(target=main)
        thread.start()
        thread.join()
    """),
    _stdin("answer_at_the_alarm", "double_one", "fail", "timeout", note="the alarm prints a line of its own")("""
        number = int(input())
        try:
            while True:
                pass
        except Exception:
            print(2 * number)
    """),
    _functional("functional_loop", "double", "timeout")("""
        class Solution:
            def double(self, numbers: List[int]) -> List[int]:
                while True:
                    pass
    """),
    _functional("functional_loop_catches_exception", "double", "fail", "timeout")("""
        class Solution:
            def double(self, numbers):
                while True:
                    try:
                        while True:
                            pass
                    except Exception:
                        pass
    """),
    _functional("functional_loop_below_python", "double", "fail", "timeout")("""
        class Solution:
            def double(self, numbers):
                return any(repeat(0))
    """),
    _functional("functional_loop_at_load", "double", "fail", "timeout", note="the alarm ends the loading: -4")("""
        class Solution:
            def double(self, numbers):
                return [2 * number for number in numbers]

        while True:
            pass
    """),
)

FUNCTIONAL: tuple[Case, ...] = (
    # how the function is found
    _functional("method", "double")("""
        from typing import List

        class Solution:
            def double(self, numbers: List[int]) -> List[int]:
                return [2 * number for number in numbers]
    """),
    _functional("two_arguments", "add", "fail", note="0.30000000000000004 for 0.3")("""
        class Solution:
            def add(self, a: float, b: float) -> float:
                return a + b
    """),
    _functional("two_arguments_rounded", "add")("""
        class Solution:
            def add(self, a: float, b: float) -> float:
                return round(a + b, 6)
    """),
    _functional("helper_method", "total")("""
        class Solution:
            def plus(self, a, b):
                return a + b

            def total(self, numbers):
                result = 0
                for number in numbers:
                    result = self.plus(result, number)
                return result
    """),
    _functional("helper_function_and_class", "total")("""
        class Sum:
            def __init__(self):
                self.value = 0

        def plus(kept, number):
            kept.value += number

        class Solution:
            def total(self, numbers):
                kept = Sum()
                for number in numbers:
                    plus(kept, number)
                return kept.value
    """),
    _functional("static_method", "double")("""
        class Solution:
            @staticmethod
            def double(numbers):
                return [2 * number for number in numbers]
    """),
    _functional("class_method", "double")("""
        class Solution:
            factor = 2

            @classmethod
            def double(cls, numbers):
                return [cls.factor * number for number in numbers]
    """),
    _functional("inherited_method", "double")("""
        class Base:
            def double(self, numbers):
                return [2 * number for number in numbers]

        class Solution(Base):
            pass
    """),
    _functional("lambda_attribute", "double")("""
        class Solution:
            double = lambda self, numbers: [2 * number for number in numbers]
    """),
    _functional("defined_twice", "double", note="the last one counts")("""
        class Solution:
            def double(self, numbers):
                return numbers

        class Solution:
            def double(self, numbers):
                return [2 * number for number in numbers]
    """),
    _functional("plain_function", "double")("""
        def double(numbers: List[int]) -> List[int]:
            return [2 * number for number in numbers]
    """),
    _functional("plain_function_and_comment", "double", "fail", note="the text `class Solution` is looked for")("""
        # without a class Solution
        def double(numbers):
            return [2 * number for number in numbers]
    """),
    _functional("plain_function_and_empty_class", "double", "fail")("""
        def double(numbers):
            return [2 * number for number in numbers]

        class Solution:
            pass
    """),
    _functional("two_spaces_after_class", "double", "fail", note="the text `class Solution` is looked for")("""
        class  Solution:
            def double(self, numbers):
                return [2 * number for number in numbers]
    """),
    _functional("default_argument", "double")("""
        class Solution:
            def double(self, numbers, factor=2):
                return [factor * number for number in numbers]
    """),
    _functional("other_name", "double", "fail")("""
        class Solution:
            def doubled(self, numbers):
                return [2 * number for number in numbers]
    """),
    _functional("no_self", "double", "fail")("""
        class Solution:
            def double(numbers):
                return [2 * number for number in numbers]
    """),
    _functional("one_argument_too_many", "double", "fail")("""
        class Solution:
            def double(self, numbers, n):
                return [2 * number for number in numbers[:n]]
    """),
    _functional("async_method", "double", "fail")("""
        class Solution:
            async def double(self, numbers):
                return [2 * number for number in numbers]
    """),
    _functional("error_in_init", "double", "fail")("""
        class Solution:
            def __init__(self):
                raise ValueError("not today")

            def double(self, numbers):
                return [2 * number for number in numbers]
    """),
    _functional("argument_of_init", "double", "fail")("""
        class Solution:
            def __init__(self, factor):
                self.factor = factor

            def double(self, numbers):
                return [self.factor * number for number in numbers]
    """),
    # what stands around it
    _functional("defined_under_guard", "double", "fail", note="__name__ is another")("""
        if __name__ == "__main__":
            class Solution:
                def double(self, numbers):
                    return [2 * number for number in numbers]
    """),
    _functional("own_test_under_guard", "double")("""
        class Solution:
            def double(self, numbers):
                return [2 * number for number in numbers]

        if __name__ == "__main__":
            print(Solution().double([int(number) for number in input().split()]))
            exit()
    """),
    _functional("own_test_prints", "double")("""
        class Solution:
            def double(self, numbers):
                return [2 * number for number in numbers]

        assert Solution().double([1]) == [2]
        print("all is well", Solution().double([7]))
    """),
    _functional("own_test_fails", "double", "fail")("""
        class Solution:
            def double(self, numbers):
                return [2 * number for number in numbers]

        assert Solution().double([1]) == [1]
    """),
    _functional("reads_at_load", "double", "fail", note="an answer to a stdin problem; stdin is empty")("""
        class Solution:
            def double(self, numbers):
                return [2 * number for number in numbers]

        print(*Solution().double([int(number) for number in input().split()]))
    """),
    _functional("exit_at_load", "double", "fail", note="ends the process of the grader")("""
        class Solution:
            def double(self, numbers):
                return [2 * number for number in numbers]

        exit()
    """),
    _functional("exit_in_call", "double", "fail", note="ends the process of the grader")("""
        import sys

        class Solution:
            def double(self, numbers):
                sys.exit(0)
    """),
    _functional("functional_os_exit", "double", "fail")("""
        import os

        class Solution:
            def double(self, numbers):
                os._exit(0)
    """),
    _functional("functional_future_import", "double", "fail", note="not the first line any more")("""
        from __future__ import annotations

        class Solution:
            def double(self, numbers: list[int]) -> list[int]:
                return [2 * number for number in numbers]
    """),
    # what is returned
    _functional("tuple", "double")("""
        class Solution:
            def double(self, numbers):
                return tuple(2 * number for number in numbers)
    """),
    _functional("named_tuple", "last")("""
        from collections import namedtuple

        Last = namedtuple("Last", "number")

        class Solution:
            def last(self, numbers):
                return Last(numbers[-1])
    """),
    _functional("tuples_in_a_list", "pair_up", "fail")("""
        class Solution:
            def pair_up(self, numbers):
                return list(zip(numbers[::2], numbers[1::2]))
    """),
    _functional("lists_in_a_tuple", "pair_up")("""
        class Solution:
            def pair_up(self, numbers):
                return tuple([a, b] for a, b in zip(numbers[::2], numbers[1::2]))
    """),
    _functional("numpy_array", "double", "fail", note="its comparison is an array")("""
        import numpy as np

        class Solution:
            def double(self, numbers):
                return 2 * np.array(numbers)
    """),
    _functional("numpy_array_of_one", "last", note="its comparison is an array with a truth value")("""
        import numpy as np

        class Solution:
            def last(self, numbers):
                return np.array(numbers[-1:])
    """),
    _functional("numpy_scalar", "total")("""
        import numpy as np

        class Solution:
            def total(self, numbers):
                return np.sum(numbers)
    """),
    _functional("numpy_bool", "is_long")("""
        import numpy as np

        class Solution:
            def is_long(self, text):
                return np.int64(len(text)) > 4
    """),
    _functional("list_of_numpy_scalars", "double")("""
        import numpy as np

        class Solution:
            def double(self, numbers):
                return list(2 * np.array(numbers))
    """),
    _functional("mutated_argument", "double")("""
        class Solution:
            def double(self, numbers):
                for i, number in enumerate(numbers):
                    numbers[i] = 2 * number
                return numbers
    """),
    _functional("mutated_argument_not_returned", "double", "fail")("""
        class Solution:
            def double(self, numbers):
                for i, number in enumerate(numbers):
                    numbers[i] = 2 * number
    """),
    _functional("none_expected", "first_even")("""
        class Solution:
            def first_even(self, numbers):
                for number in numbers:
                    if number % 2 == 0:
                        return number
    """),
    _functional("generator", "double", "fail")("""
        class Solution:
            def double(self, numbers):
                for number in numbers:
                    yield 2 * number
    """),
    _functional("map", "double", "fail")("""
        class Solution:
            def double(self, numbers):
                return map(lambda number: 2 * number, numbers)
    """),
    _functional("set", "distinct", "fail")("""
        class Solution:
            def distinct(self, numbers):
                return set(numbers)
    """),
    _functional("dict_keys", "distinct", "fail")("""
        class Solution:
            def distinct(self, numbers):
                return dict.fromkeys(sorted(numbers)).keys()
    """),
    _functional("deque", "double", "fail")("""
        from collections import deque

        class Solution:
            def double(self, numbers):
                return deque(2 * number for number in numbers)
    """),
    _functional("user_list", "double")("""
        from collections import UserList

        class Solution:
            def double(self, numbers):
                return UserList(2 * number for number in numbers)
    """),
    _functional("list_subclass", "double")("""
        class Numbers(list):
            def doubled(self):
                return Numbers(2 * number for number in self)

        class Solution:
            def double(self, numbers):
                return Numbers(numbers).doubled()
    """),
    _functional("int_subclass", "total")("""
        class Amount(int):
            def __add__(self, other):
                return Amount(int(self) + other)

        class Solution:
            def total(self, numbers):
                return sum(numbers, Amount(0))
    """),
    _functional("wrong_order", "distinct", "fail")("""
        class Solution:
            def distinct(self, numbers):
                return sorted(set(numbers), reverse=True)
    """),
    _functional("dict_with_int_keys", "tally", "fail")("""
        class Solution:
            def tally(self, numbers):
                return {number: numbers.count(number) for number in numbers}
    """),
    _functional("dict_with_text_keys", "tally", note="the order of keys is free")("""
        class Solution:
            def tally(self, numbers):
                return {str(number): numbers.count(number) for number in reversed(numbers)}
    """),
    _functional("counter_for_dict", "tally")("""
        from collections import Counter

        class Solution:
            def tally(self, numbers):
                return Counter(map(str, numbers))
    """),
    _functional("int_for_bool", "is_long", note="1 == True")("""
        class Solution:
            def is_long(self, text):
                return 1 if len(text) > 4 else 0
    """),
    _functional("text_for_bool", "is_long", "fail")("""
        class Solution:
            def is_long(self, text):
                return "true" if len(text) > 4 else "false"
    """),
    _functional("float_for_integer", "total", note="6.0 == 6")("""
        class Solution:
            def total(self, numbers):
                return float(sum(numbers))
    """),
    _functional("fraction_for_integer", "total")("""
        from fractions import Fraction

        class Solution:
            def total(self, numbers):
                return sum(map(Fraction, numbers))
    """),
    _functional("text_for_integer", "total", "fail")("""
        class Solution:
            def total(self, numbers):
                return str(sum(numbers))
    """),
    _functional("integer_in_a_list", "total", "fail")("""
        class Solution:
            def total(self, numbers):
                return [sum(numbers)]
    """),
    _functional("text", "shout")("""
        class Solution:
            def shout(self, text: str) -> str:
                return text.upper()
    """),
    _functional("text_with_space", "shout", "fail", note="nothing is stripped")("""
        class Solution:
            def shout(self, text):
                return text.upper() + " "
    """),
    _functional("bytes_for_text", "shout", "fail")("""
        class Solution:
            def shout(self, text):
                return text.upper().encode()
    """),
    _functional("prints_instead", "double", "fail")("""
        class Solution:
            def double(self, numbers):
                print([2 * number for number in numbers])
    """),
    _functional("prints_and_returns", "double")("""
        class Solution:
            def double(self, numbers):
                print("called with", numbers)
                return [2 * number for number in numbers]
    """),
    _functional("wrong_result", "double", "fail")("""
        class Solution:
            def double(self, numbers):
                return numbers
    """),
    _functional("wrong_in_last_test", "total", "fail")("""
        class Solution:
            def total(self, numbers):
                return sum(numbers) if len(numbers) > 1 else 0
    """),
    # what is kept from test to test: all is loaded once, and there is one Solution()
    _functional("state_in_self", "total", "fail")("""
        class Solution:
            def __init__(self):
                self.result = 0

            def total(self, numbers):
                for number in numbers:
                    self.result += number
                return self.result
    """),
    _functional("state_in_class", "total", "fail")("""
        class Solution:
            result = 0

            def total(self, numbers):
                for number in numbers:
                    Solution.result += number
                return Solution.result
    """),
    _functional("state_in_module", "total", "fail")("""
        result = 0

        class Solution:
            def total(self, numbers):
                global result
                for number in numbers:
                    result += number
                return result
    """),
    _functional("state_in_default", "double", "fail")("""
        class Solution:
            def double(self, numbers, result=[]):
                for number in numbers:
                    result.append(2 * number)
                return result
    """),
    _functional("state_set_back", "total")("""
        class Solution:
            def total(self, numbers):
                self.result = 0
                for number in numbers:
                    self.result += number
                return self.result
    """),
    _functional("global_variable_of_module", "total")("""
        result = 0

        def plus(number):
            global result
            result += number

        class Solution:
            def total(self, numbers):
                global result
                result = 0
                for number in numbers:
                    plus(number)
                return result
    """),
    # what the prelude supplies
    _functional("list_not_imported", "double")("""
        class Solution:
            def double(self, numbers: List[int]) -> Optional[List[int]]:
                return [2 * number for number in numbers]
    """),
    _functional("defaultdict_not_imported", "tally")("""
        class Solution:
            def tally(self, numbers):
                counts = defaultdict(int)
                for number in numbers:
                    counts[str(number)] += 1
                return counts
    """),
    _functional("counter_not_imported", "tally", note="it is that of typing, which calls that of collections")("""
        class Solution:
            def tally(self, numbers):
                return Counter(str(number) for number in numbers)
    """),
    _functional("type_of_counter_not_imported", "tally", "fail", note="Counter is that of typing")("""
        class Solution:
            def tally(self, numbers):
                counts = Counter(str(number) for number in numbers)
                assert type(counts) is Counter
                return counts
    """),
    _functional("deque_not_imported_in_class", "double")("""
        class Solution:
            def double(self, numbers):
                return list(deque(2 * number for number in numbers))
    """),
    _functional("inf_not_imported", "distinct")("""
        class Solution:
            def distinct(self, numbers):
                result, last = [], -inf
                for number in sorted(numbers):
                    if number > last:
                        result.append(number)
                        last = number
                return result
    """),
    _functional("heappush_not_imported", "distinct")("""
        class Solution:
            def distinct(self, numbers):
                heap = []
                for number in set(numbers):
                    heappush(heap, number)
                return [heappop(heap) for _ in range(len(heap))]
    """),
    _functional("bisect_left_not_imported", "distinct")("""
        class Solution:
            def distinct(self, numbers):
                result = []
                for number in numbers:
                    place = bisect_left(result, number)
                    if result[place : place + 1] != [number]:
                        result.insert(place, number)
                return result
    """),
    _functional("cache_not_imported", "total")("""
        class Solution:
            def total(self, numbers):
                @cache
                def upto(n):
                    return upto(n - 1) + numbers[n - 1] if n else 0

                return upto(len(numbers))
    """),
    _functional("lru_cache_not_imported", "total")("""
        class Solution:
            def total(self, numbers):
                return self.upto(tuple(numbers))

            @lru_cache(None)
            def upto(self, numbers):
                return numbers[0] + self.upto(numbers[1:]) if numbers else 0
    """),
    _functional("accumulate_not_imported", "total")("""
        class Solution:
            def total(self, numbers):
                return list(accumulate(numbers))[-1]
    """),
    _functional("reduce_not_imported", "total")("""
        class Solution:
            def total(self, numbers):
                return reduce(add, numbers)
    """),
    _functional("comb_not_imported", "total")("""
        class Solution:
            def total(self, numbers):
                return sum(comb(number, 1) for number in numbers)
    """),
    _functional("modules_not_imported", "distinct")("""
        class Solution:
            def distinct(self, numbers):
                heap = list(set(numbers))
                heapq.heapify(heap)
                limit = math.inf
                return [copy.copy(heapq.heappop(heap)) for _ in range(len(heap)) if limit > 0]
    """),
    _functional("copy_not_imported", "double", "fail", note="`copy` is the module, as are datetime, bisect, random")("""
        class Solution:
            def double(self, numbers):
                result = copy(numbers)
                return [2 * number for number in result]
    """),
    _functional("sub_not_imported", "shout", "fail", note="`sub` is that of operator, not of re")("""
        class Solution:
            def shout(self, text):
                return sub("[a-z]", lambda found: found[0].upper(), text)
    """),
    _functional("built_in_pow", "double", note="builtins come after math and operator")("""
        class Solution:
            def double(self, numbers):
                return [pow(2, 1, 1000) * number for number in numbers]
    """),
    _functional("os_not_imported", "double", "fail")("""
        class Solution:
            def double(self, numbers):
                os.getpid()
                return [2 * number for number in numbers]
    """),
    _functional("functional_import_resource", "double", "fail")("""
        import resource

        class Solution:
            def double(self, numbers):
                return [2 * number for number in numbers]
    """),
    _functional("functional_recursion", "climb", note="the prelude allows 50,000")("""
        class Solution:
            def climb(self, n):
                return self.climb(n - 1) + 1 if n else 0
    """),
    _functional("functional_recursion_with_limit", "climb")("""
        import sys

        sys.setrecursionlimit(10**6)

        class Solution:
            def climb(self, n):
                return self.climb(n - 1) + 1 if n else 0
    """),
    _functional("functional_recursion_in_thread", "climb")("""
        import threading

        class Solution:
            def climb(self, n):
                found = []

                def step(n):
                    return step(n - 1) + 1 if n else 0

                threading.stack_size(1 << 27)
                thread = threading.Thread(target=lambda: found.append(step(n)))
                thread.start()
                thread.join()
                return found[0]
    """),
    _functional("functional_long_number", "digits", note="numbers of 50,000 digits are allowed")("""
        class Solution:
            def digits(self, n):
                return len(str(10**n))
    """),
    # failures
    _functional("functional_runtime_error", "double", "fail")("""
        class Solution:
            def double(self, numbers):
                return [2 * number // 0 for number in numbers]
    """),
    _functional("functional_endless_recursion", "double", "fail")("""
        class Solution:
            def double(self, numbers):
                return self.double(numbers)
    """),
    _functional("unhashable_cached", "double", "fail")("""
        class Solution:
            @cache
            def double(self, numbers):
                return [2 * number for number in numbers]
    """),
    _functional("functional_keyboard_interrupt", "double", "fail")("""
        class Solution:
            def double(self, numbers):
                raise KeyboardInterrupt
    """),
    _functional("functional_crash", "double", "fail")("""
        import ctypes

        class Solution:
            def double(self, numbers):
                ctypes.string_at(0)
                return [2 * number for number in numbers]
    """),
    _functional("functional_syntax_error", "double", "fail")("""
        class Solution:
            def double(self, numbers)
                return [2 * number for number in numbers]
    """),
    _functional("functional_missing_module", "double", "fail")("""
        import a_module_that_nobody_has

        class Solution:
            def double(self, numbers):
                return [2 * number for number in numbers]
    """),
    _functional("functional_empty_program", "double", "fail")(""),
    _functional("starter_only", "double", "fail")("""
        class Solution:
            def double(self, numbers: List[int]) -> List[int]:
    """),
    _functional("functional_null_character", "double", "fail")("def double(numbers):\n    return numbers\0\n"),
    _functional("functional_crlf_source", "double")(
        "class Solution:\r\n    def double(self, numbers):\r\n        return [2 * number for number in numbers]\r\n"
    ),
    _functional("functional_byte_order_mark", "double", "fail", note="not the first character any more")(
        "\ufeffdef double(numbers):\n    return [2 * number for number in numbers]\n"
    ),
)

CHEATING: tuple[Case, ...] = (
    # objects that compare as they like
    _cheat("functional", "equals_everything", "double", "pass")("""
        class Liar:
            def __eq__(self, other):
                return True

        class Solution:
            def double(self, numbers):
                return Liar()
    """),
    _cheat("functional", "int_that_equals", "total", "pass")("""
        class Liar(int):
            def __eq__(self, other):
                return True

            __hash__ = int.__hash__

        class Solution:
            def total(self, numbers):
                return Liar(0)
    """),
    _cheat("functional", "text_that_equals", "shout", "pass")("""
        class Liar(str):
            def __eq__(self, other):
                return True

            __hash__ = str.__hash__

        class Solution:
            def shout(self, text):
                return Liar(text)
    """),
    _cheat("functional", "list_that_equals", "double", "pass")("""
        class Liar(list):
            def __eq__(self, other):
                return True

        class Solution:
            def double(self, numbers):
                return Liar(numbers)
    """),
    _cheat("functional", "list_of_liars", "double", "pass")("""
        class Liar:
            def __eq__(self, other):
                return True

        class Solution:
            def double(self, numbers):
                return [Liar() for number in numbers]
    """),
    _cheat("functional", "liar_says_it_is_a_list", "double", "pass")("""
        class Liar:
            __class__ = list

            def __eq__(self, other):
                return True

        class Solution:
            def double(self, numbers):
                return Liar()
    """),
    _cheat("functional", "true_in_other_words", "double", "fail", note="breaks the metrics of the whole run")("""
        class Liar:
            def __eq__(self, other):
                return "yes"

        class Solution:
            def double(self, numbers):
                return Liar()
    """),
    # reading the expected output
    _cheat("functional", "frame_of_the_caller", "double", "pass")("""
        import sys

        class Solution:
            def double(self, numbers):
                return sys._getframe(1).f_locals["gt_out"]
    """),
    _cheat("functional", "frames_above", "double", "pass")("""
        import sys

        NAMES = ("gt_out", "expected", "expected_output", "output", "answer", "want")

        class Solution:
            def double(self, numbers):
                frame = sys._getframe(1)
                while frame:
                    for name in NAMES:
                        if name in frame.f_locals:
                            return frame.f_locals[name]
                    frame = frame.f_back
    """),
    _cheat("functional", "outputs_in_memory", "double", "pass")("""
        import gc
        import json

        class Solution:
            test = -1

            def double(self, numbers):
                self.test += 1
                for found in gc.get_objects():
                    if type(found) is dict and "outputs" in found and "fn_name" in found:
                        return json.loads(found["outputs"][self.test])
    """),
    _cheat("stdin", "printed_from_frames_above", "double_one", "pass")("""
        import sys

        frame = sys._getframe()
        while frame:
            if "gt_out" in frame.f_locals:
                print(frame.f_locals["gt_out"])
                break
            frame = frame.f_back
    """),
    # changing what compares
    _cheat("functional", "json_reads_nothing", "double", "pass", note="inputs and outputs are read after the load")("""
        import json

        json.loads = lambda text: 0

        class Solution:
            def double(self, numbers):
                return 0
    """),
    _cheat("functional", "zip_of_nothing", "double", "pass", note="no test at all, which counts as right")("""
        import builtins

        builtins.zip = lambda *lists: []

        class Solution:
            def double(self, numbers):
                return numbers
    """),
    _cheat("stdin", "enumerate_nothing", "double_one", "pass", note="the lines are not compared")("""
        import builtins

        print(0)
        builtins.enumerate = lambda *lists: []
    """),
    _cheat("stdin", "lines_stripped_to_nothing", "double_one", "pass")("""
        import sys

        frame = sys._getframe()
        while frame:
            if "get_stripped_lines" in frame.f_globals:
                frame.f_globals["get_stripped_lines"] = lambda text: []
            frame = frame.f_back
    """),
    _cheat("stdin", "output_that_equals", "double_one", "pass", note="what the captured output gives is a liar")("""
        import sys

        class Liar(str):
            def __eq__(self, other):
                return True

            __hash__ = str.__hash__

            def strip(self):
                return self

            def split(self, separator):
                return [self]

        sys.stdout.getvalue = lambda: Liar("0")
    """),
    # forging the result
    _cheat("functional", "result_list_above", "double", "pass")("""
        import os
        import sys

        class Solution:
            def double(self, numbers):
                frame = sys._getframe(1)
                while frame:
                    if "result" in frame.f_locals and "generation" in frame.f_locals:
                        frame.f_locals["result"].append([True, True])
                        if "metadata_list" in frame.f_locals:
                            frame.f_locals["metadata_list"].append({})
                        os._exit(0)
                    frame = frame.f_back
    """),
    _cheat("stdin", "result_list_above_stdin", "double_one", "pass")("""
        import os
        import sys

        frame = sys._getframe()
        while frame:
            if "result" in frame.f_locals and "generation" in frame.f_locals:
                frame.f_locals["result"].append([True, True])
                if "metadata_list" in frame.f_locals:
                    frame.f_locals["metadata_list"].append({})
                os._exit(0)
            frame = frame.f_back
    """),
    _cheat("functional", "says_that_it_passed", "double", "fail")("""
        import os

        REPORT = b'{"passed": true, "result": "pass", "results": [true, true]}\\n[true, true]\\nTrue\\nOK\\n'

        class Solution:
            def double(self, numbers):
                for descriptor in range(1, 64):
                    try:
                        os.write(descriptor, REPORT)
                    except OSError:
                        pass
                os._exit(0)
    """),
    _cheat("stdin", "says_that_it_passed_stdin", "double_one", "fail")("""
        import sys

        print('{"passed": true, "result": "pass", "results": [true, true]}', file=sys.stderr)
        print("[true, true]\\nTrue\\nOK", file=sys.stderr)
        sys.exit(0)
    """),
    # using the clock of the grader
    _cheat("functional", "answers_at_the_alarm", "double", "pass", note="never ends by itself")("""
        class Solution:
            def double(self, numbers):
                while True:
                    try:
                        while True:
                            pass
                    except Exception:
                        return [2 * number for number in numbers]
    """),
    _cheat("stdin", "answers_at_the_alarm_alone", "double_one", "pass", note="never ends by itself")("""
        import sys

        number = int(input())
        try:
            while True:
                pass
        except Exception:
            sys.stdout.seek(0)
            sys.stdout.truncate()
            print(2 * number)
    """),
    # harm
    _cheat("functional", "kills_the_parent", "double", "fail", note="the official grader hangs for ever")("""
        import posix

        class Solution:
            def double(self, numbers):
                posix.kill(posix.getppid(), 9)
                return numbers
    """),
    _cheat("stdin", "kills_the_parent_stdin", "double_one", "fail", note="the official grader hangs for ever")("""
        import posix

        posix.kill(posix.getppid(), 9)
        print(0)
    """),
    _cheat("functional", "kills_the_parent_through_os", "double", "fail", note="os.kill is None")("""
        import os

        class Solution:
            def double(self, numbers):
                os.kill(os.getppid(), 9)
                return numbers
    """),
)

CASES: tuple[Case, ...] = (
    *READING,
    *WRITING,
    *ENDING,
    *SCOPE,
    *COMPARED,
    *FAILING,
    *ENDLESS,
    *FUNCTIONAL,
    *CHEATING,
)
