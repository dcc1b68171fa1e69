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
]


@pytest.mark.parametrize("behind", DROPPED)
def test_what_could_only_break_the_function_is_dropped(behind: str) -> None:
    before = f"{DROP}\n{EBB}"
    assert without_usage(f"{before}\n{behind}\n", "ebb") == before


def test_of_a_base_models_definitions_the_first_counts() -> None:
    again = "def ebb(levels):\n    return 0\n"
    assert without_usage(f"{DROP}\n{EBB}\n{again}", "ebb", first=True) == f"{DROP}\n{EBB}"
    assert without_usage(f"{DROP}\n{EBB}\n{again}", "ebb").endswith(again)
