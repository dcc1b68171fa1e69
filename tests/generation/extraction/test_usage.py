"""A program without what stands around its function, and with all that the function needs."""

from __future__ import annotations

import pytest

from coderm_eval.generation.extraction.usage import without_usage

EBB = "def ebb(levels):\n    return drop(levels)\n"
DROP = "def drop(levels):\n    return levels[1:]\n"

KEPT = {
    "a helper below": f"{EBB}\n\n{DROP}",
    "an import below": f"{EBB}\nfrom operator import itemgetter as drop\n",
    "a constant that is filled": f"{EBB}\ndrop = [].__getitem__\nlist.append(drop.__self__, 1)\n",
    "a decorator by hand": f"{DROP}\n{EBB}\nebb = staticmethod(ebb)\n",
    "an attribute": f"{DROP}\n{EBB}\nebb.calls = 0\n",
    "an item": f"{DROP}\n{EBB}\nebb.known[0] = ebb\n",
    "names as texts": f"{EBB}\n\ndef by_name():\n    return globals()['ebb']\n".replace("drop(", "globals()['drop']("),
    "a limit above": f"import sys\nsys.setrecursionlimit(9_000)\n{DROP}\n{EBB}",
    "another function above": f"def flow():\n    return 1\n\n{DROP}\n{EBB}",
    "a limit below": f"{DROP}\n{EBB}\nimport sys\nsys.setrecursionlimit(9_000)\n",
    "a limit below, tried": f"import sys\n{DROP}{EBB}\ntry:\n    sys.setrecursionlimit(9)\nexcept OSError:\n    pass\n",
    "a precision below": f"from decimal import getcontext\n{DROP}\n{EBB}\ngetcontext().prec = 50\n",
    "a counter below": "def ebb(levels):\n    global calls\n    calls += 1\n    return levels\n\ncalls = 0\n",
    "a table that is filled by a function": (
        "drops = []\ndef ebb(levels):\n    return drops[levels]\ndef fill():\n    drops.extend(range(9))\nfill()\n"
    ),
    "a registry": (
        "drops = {}\ndef drop(level):\n    return lambda f: drops.update({level: f})\n"
        "def ebb(level):\n    return drops[level](level)\n@drop(1)\ndef one(level):\n    return 0\n"
    ),
    "an implementation for a type": (
        "from functools import singledispatch\n@singledispatch\ndef ebb(level):\n    raise TypeError\n"
        "@ebb.register(int)\ndef _(level):\n    return level\n"
    ),
    "a method by hand": (
        "class Sea:\n    pass\n\ndef ebb(x):\n    return Sea().drop(x)\n\n"
        "def drop(self, x):\n    return x\n\nSea.drop = drop\n"
    ),
    "an attribute that is a function": f"{DROP}\n{EBB}\ndef back(x):\n    return x\n\nebb.back = back\n",
    "a name set as a text": f"{EBB}\nglobals()['drop'] = lambda levels: levels[1:]\n",
    "no such function": f"{DROP}\nassert drop([1]) == []\n",
}


@pytest.mark.parametrize("source", KEPT.values(), ids=KEPT.keys())
def test_what_the_function_needs_is_kept(source: str) -> None:
    assert without_usage(source, "ebb") == source


DROPPED = [
    "assert ebb([1, 2]) == [3]",
    "print(ebb(None))",
    "result = ebb(None)\nprint(result)",
    "for levels in ([], None):\n    ebb(levels)",
    "if __name__ == '__main__':\n    ebb(input())",
    "def main():\n    ebb(None)\n\nmain()",
    "class TestEbb(unittest.TestCase):\n    def test_a(self):\n        ebb(1)",
    "import module_of_nobody",
    "Explanation: it",
    "Done",
    "import sys\nsys.exit(ebb(1))",
    "import sys\nsys.exit()",
    "from solution import ebb",
    "from .solution import ebb, drop",
    "import unittest\nunittest.TextTestRunner().run(None)",
    "def main():\n    print(drop(input()))\n\nmain()",
    "undefined.configure()",
    "@undefined.register\ndef other():\n    pass",
    "from nobody import app\n@app.route\ndef other():\n    pass",
]


@pytest.mark.parametrize("behind", DROPPED)
def test_what_could_only_break_the_function_is_dropped(behind: str) -> None:
    before = f"{DROP}\n{EBB}"
    assert without_usage(f"{before}\n{behind}\n", "ebb") == before


def test_of_a_base_models_definitions_the_first_counts() -> None:
    again = "def ebb(levels):\n    return 0\n"
    assert without_usage(f"{DROP}\n{EBB}\n{again}", "ebb", first=True) == f"{DROP}\n{EBB}"
    assert without_usage(f"{DROP}\n{EBB}\n{again}", "ebb").endswith(again)


OTHER_EXERCISES = [
    "from flask import Flask\napp = Flask(__name__)\napp.config['A'] = 1\n@app.route('/')\ndef page():\n    pass",
    "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--x')\nparser.parse_args()",
    "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'sea.settings')",
]


@pytest.mark.parametrize("behind", OTHER_EXERCISES)
def test_what_a_base_model_goes_on_with_is_dropped(behind: str) -> None:
    before = f"{DROP}\n{EBB}"
    assert without_usage(f"{before}\n{behind}\n", "ebb", first=True) == before
