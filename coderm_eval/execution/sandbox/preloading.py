"""Which modules a fork server imports beforehand, so that nobody is charged for them: pandas takes a second.

What a program names is text of its author. Only names on these lists are imported, since importing a module runs it:
`unittest.__main__` ends the process, `this` prints. A test imports every one of them.
"""

from __future__ import annotations

import collections
import contextlib
import importlib
import warnings
from collections.abc import Sequence

from coderm_eval.execution.sandbox.chance_of_programs import restart_chance
from coderm_eval.execution.sandbox.garbage import keep_what_is_there

__all__ = ["LIBRARIES", "PACKAGES_OF_TESTS", "STANDARD", "Preloader", "import_quietly"]

STANDARD = frozenset(
    {
        *("__future__", "abc", "argparse", "array", "ast", "asyncio", "base64", "binascii", "bisect", "bz2"),
        *("calendar", "cmath", "codecs", "collections", "collections.abc", "colorsys", "concurrent"),
        *("concurrent.futures", "configparser", "contextlib", "contextvars", "copy", "csv", "ctypes"),
        *("dataclasses", "datetime", "decimal", "difflib", "dis", "email", "enum", "errno", "fileinput"),
        *("fnmatch", "fractions", "functools", "gc", "getpass", "glob", "graphlib", "gzip", "hashlib", "heapq"),
        *("hmac", "html", "html.parser", "http", "importlib", "inspect", "io", "ipaddress", "itertools"),
        *("json", "keyword", "linecache", "locale", "logging", "lzma", "math", "mmap", "multiprocessing"),
        *("numbers", "operator", "os", "os.path", "pathlib", "pickle", "pkgutil", "platform", "pprint"),
        *("queue", "random", "re", "reprlib", "resource", "secrets", "select", "selectors", "shelve", "shlex"),
        *("shutil", "signal", "socket", "sqlite3", "stat", "statistics", "string", "struct", "subprocess"),
        *("sys", "sysconfig", "tempfile", "textwrap", "threading", "time", "timeit", "tokenize", "traceback"),
        *("types", "typing", "unicodedata", "unittest", "unittest.mock", "urllib", "urllib.parse"),
        *("urllib.request", "uuid", "warnings", "weakref", "xml", "xml.etree.ElementTree", "zipfile", "zlib"),
        "zoneinfo",
    }
)
"""Modules of the standard library that programs of some thousands name; others a program imports itself."""

LIBRARIES = frozenset(
    {
        *("networkx", "numpy", "numpy.fft", "numpy.linalg", "numpy.random", "pandas", "scipy"),
        *("scipy.integrate", "scipy.interpolate", "scipy.linalg", "scipy.optimize", "scipy.signal"),
        *("scipy.sparse", "scipy.spatial", "scipy.special", "scipy.stats", "sklearn", "sklearn.cluster"),
        *("sklearn.linear_model", "sklearn.metrics", "sklearn.model_selection", "sklearn.preprocessing"),
        *("sortedcontainers", "sympy"),
    }
)
"""Others that are loaded for a program that names them, where they are installed."""

PACKAGES_OF_TESTS = frozenset(name.partition(".")[0] for name in LIBRARIES) | {
    *("ddt", "hypothesis", "parameterized", "pytest"),
}
"""Packages that are loaded before a test that names them."""

_KNOWN = STANDARD | LIBRARIES

_LOADED_FROM = 20
"""Programs that name a library before the server loads it. Loading numpy takes a child 80 ms, but a server that holds
it takes 1.4 ms longer for every fork."""


class Preloader:
    """Loads what programs import before they run: a program would be charged for it."""

    def __init__(self) -> None:
        self._named: collections.Counter[str] = collections.Counter()
        self._done: set[str] = set()

    def load(self, modules: Sequence[str]) -> list[str]:
        """Import some of `modules` here, for all children to come; returns those that a child has to import itself."""
        left = []
        for module in modules:
            if module in self._done or module not in _KNOWN:
                continue
            self._named[module] += 1
            if module in LIBRARIES and self._named[module] < _LOADED_FROM:
                left.append(module)
            else:
                self._done.add(module)
                import_quietly(module)
                keep_what_is_there()
        return left


def import_quietly(module: str) -> None:
    """Import a module, if that is possible; if it draws random numbers for that, no program sees it."""
    with contextlib.suppress(BaseException), warnings.catch_warnings():  # whatever goes wrong is the program's to meet
        warnings.simplefilter("ignore")
        try:
            importlib.import_module(module)
        finally:
            restart_chance()
