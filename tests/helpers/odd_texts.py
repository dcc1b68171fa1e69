"""Texts that are too much for a parser, a compiler or a recursive function, or are no text at all.

Each is given as a candidate, as a test and as an answer of a model. None may raise out of the code that only looks at
it. To add one, add a line.
"""

from __future__ import annotations

__all__ = ["FUNCTION", "ODD_TEXTS"]

FUNCTION = "def rungs(height):\n    return height * 3\n"


def _deep(opening: str, closing: str, times: int, inside: str = "1") -> str:
    return f"{FUNCTION}deep = {opening * times}{inside}{closing * times}\n"


ODD_TEXTS: dict[str, str] = {
    "a chain of 165 calls": f"{FUNCTION}if __name__{'.replace(1, 2)' * 165}: pass\n",
    "a chain of 995 calls": f"{FUNCTION}if __name__{'.replace(1, 2)' * 995}: pass\n",
    "a chain of 50,000 attributes": f"{FUNCTION}deep = rungs{'.a' * 50_000}\n",
    "a chain of 20,000 items": f"{FUNCTION}deep = rungs{'[0]' * 20_000}\n",
    "a constant of 995 terms": f"{FUNCTION}deep = {'1 + ' * 994}1\n",
    "a constant of 30,000 terms": f"{FUNCTION}deep = {'1 + ' * 29_999}1\n",
    "6,000 minus signs": _deep("-", "", 6_000),
    "300 minus signs": _deep("-", "", 300),
    "6,000 times not": _deep("not ", "", 6_000),
    "90 brackets": _deep("[", "]", 90),
    "90 dicts in each other": _deep("{1: ", "}", 90),
    "10,000 brackets": _deep("(", ")", 10_000),
    "open brackets": _deep("[", "", 30_000),
    "closed brackets": _deep("", ")", 30_000),
    "150 brackets and an error": f"{FUNCTION}deep = {'(' * 150}1 2{')' * 150}\n",
    "150 calls and an error": f"{FUNCTION}deep = {'f(a=' * 150}1 2{')' * 150}\n",
    "150 dicts and an error": f"{FUNCTION}deep = {'{1: ' * 150}1 2{'}' * 150}\n",
    "500 lambdas": _deep("lambda: ", "", 500),
    "5,000 lambdas": _deep("lambda: ", "", 5_000),
    "2,000 conditions": _deep("1 if 2 else ", "", 2_000),
    "2,000 elif": f"{FUNCTION}if 0: pass\n{'elif 1: pass' + chr(10)}" + "elif 2: pass\n" * 2_000,
    "95 levels of if": FUNCTION + "".join(f"{' ' * n}if 1:\n" for n in range(95)) + " " * 95 + "pass\n",
    "400 levels of if": FUNCTION + "".join(f"{' ' * n}if 1:\n" for n in range(400)) + " " * 400 + "pass\n",
    "30 loops in each other": FUNCTION + "".join(f"{' ' * n}for a in b:\n" for n in range(30)) + " " * 30 + "pass\n",
    "90 classes in each other": FUNCTION + "".join(f"{' ' * n}class A:\n" for n in range(90)) + " " * 90 + "pass\n",
    "a hexadecimal number of 50,000 digits": f"{FUNCTION}deep = 0x{'f' * 50_000}\n",
    "a decimal number of 50,000 digits": f"{FUNCTION}deep = {'9' * 50_000}\n",
    "a float of 50,000 digits": f"{FUNCTION}deep = {'9' * 50_000}.0\n",
    "a power of powers": f"{FUNCTION}deep = lambda: 9**9**9**9**9\n",
    "a shift without end": f"{FUNCTION}deep = lambda: 1 << 1 << 99_999_999_999\n",
    "a product of text": f"{FUNCTION}deep = lambda: 'x' * 99_999_999_999\n",
    "f-strings in each other": f"{FUNCTION}deep = f\"{{f'{{f'''{{1}}'''}}'}}\"\n",
    "an f-string of 10,000 parts": f"{FUNCTION}deep = f'{'{1}' * 10_000}'\n",
    "a comparison of 10,000 terms": f"{FUNCTION}deep = {'1 < ' * 10_000}2\n",
    "a call with 70,000 arguments": f"{FUNCTION}deep = print({'1, ' * 30_000})\n",
    "a line of a megabyte": f"{FUNCTION}deep = '{'x' * 1_000_000}'\n",
    "a megabyte of lines": FUNCTION + "x\n" * 500_000,
    "a megabyte of line ends": FUNCTION + "\n" * 1_000_000,
    "a megabyte of backslashes": FUNCTION + "\\\n" * 500_000,
    "a megabyte of quotes": FUNCTION + '"' * 1_000_000,
    "a megabyte of hashes": FUNCTION + "#" * 1_000_000,
    "a megabyte of spaces": FUNCTION + " " * 1_000_000,
    "a megabyte of digits": "1" * 1_000_000,
    "a megabyte of open brackets": "(" * 1_000_000,
    "a megabyte of imports": FUNCTION + "import os\n" * 100_000,
    "a megabyte of one name": "a" * 1_000_000,
    "50 kB of asserts on a line": "assert rungs(1) == 3;" * 2_500,
    "50 kB of imports on a line": "import a;" * 5_500,
    "50 kB of tags on a line": "<think>" * 7_000,
    "50 kB of backticks and one more": "`" * 50_000 + " `",
    "NUL": f"{FUNCTION}\0",
    "NUL in a comment": f"# \0\n{FUNCTION}",
    "a lone surrogate": f"{FUNCTION}# \ud800\n",
    "a surrogate as a name": f"{FUNCTION}\udfff = 1\n",
    "another encoding": f"# -*- coding: utf-7 -*-\n{FUNCTION}",
    "an encoding that is none": f"# -*- coding: nonesuch -*-\n{FUNCTION}",
    "a byte order mark": f"\ufeff{FUNCTION}",
    "form feeds": f"\f\f{FUNCTION}\f",
    "carriage returns": FUNCTION.replace("\n", "\r"),
    "names that become others": f"{FUNCTION}\ufb01 = \U0001d41f = 1\n",
    "an unfinished string": f"{FUNCTION}'''",
    "a walrus everywhere": f"{FUNCTION}{'(a := ' * 100}1{')' * 100}\n",
    "return outside of functions": f"{FUNCTION}return 1\n",
    "break outside of loops": f"{FUNCTION}break\n",
    "two starred targets": f"{FUNCTION}*a, *b = 1\n",
    "a future that is none": f"from __future__ import braces\n{FUNCTION}",
    "nonlocal at the top": f"nonlocal a\n{FUNCTION}",
}
