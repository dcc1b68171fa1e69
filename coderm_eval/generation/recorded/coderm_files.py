"""Which files hold the records of CodeRM's authors: candidates of four policies and tests of CodeRM-8B.

They lie in the folder data/result of their repository, which states no licence. A file is known again by the name that
git has for its content.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import suggestion

__all__ = [
    "BLOBS",
    "FETCH",
    "IN_REPOSITORY",
    "REPOSITORY",
    "REVISION",
    "Cell",
    "all_cells",
    "blob_of",
    "cells_of",
    "chosen_cells",
    "files_of",
    "records_cache",
    "records_folder",
]

REPOSITORY = "RUCKBReasoning/CodeRM"

REVISION = "aa4946e9245ed41e24d60ad29e965132b5b84fe6"
"""The newest commit known in 2026, of 2025-05-16."""

IN_REPOSITORY = "data/result"

FETCH = "coderm-eval fetch coderm-records"

BLOBS = {
    "humaneval+/sol_gpt-3.5-turbo_200_anno.jsonl": "67561919e34fccdad9be338c1ab8684562aa76f3",
    "humaneval+/sol_gpt-4o-mini-2024-07-18_200_anno.jsonl": "9404cd4d3c0f6b3e118fec0900ac10a31d759423",
    "humaneval+/sol_llama3-70b_200_anno.jsonl": "c5a716054f3763953fd99219706e810848faab08",
    "humaneval+/sol_llama3-8b_200_anno.jsonl": "5f227514226499122491a8958c100723613a3992",
    "humaneval+/ut_coderm-8b_100.jsonl": "df3ed38d0e5601f3cdfd1aa1d3f5dec6f2717a7e",
    "livecodebench/sol_gpt-3.5-turbo_100_anno.jsonl": "e78b89a401fff7f1c2b8fde15e3bf1e43c932143",
    "livecodebench/sol_gpt-3.5-turbo_100_func.jsonl": "1ccbf03c3208efffdc042d2f72a75fed87d09bf0",
    "livecodebench/sol_gpt-4o-mini-2024-07-18_100_anno.jsonl": "e430143b863b307aa125fb17dcd2047528b77629",
    "livecodebench/sol_gpt-4o-mini-2024-07-18_100_func.jsonl": "24172223fc993574dafd7dc8833b5349b552d987",
    "livecodebench/sol_llama3-70b_100_anno.jsonl": "78a04884317fdb33496213a610cae9090e64809c",
    "livecodebench/sol_llama3-70b_100_func.jsonl": "e11dee2f83f7a229d153f084017918a394bdc2b9",
    "livecodebench/sol_llama3-8b_100_anno.jsonl": "3e88bd90548acc9d540ce11a13d5a3d8ff0630e4",
    "livecodebench/sol_llama3-8b_100_func.jsonl": "b9518f243d728fcecc2efe5dde3942fc3aca1167",
    "livecodebench/ut_coderm-8b_100.jsonl": "4dc49d5aafa41dba7bc5ebd738cc6cab0ef1f5d9",
    "mbpp+/sol_gpt-3.5-turbo_200_anno.jsonl": "f52ecdda7a7aa670cc2009cc511a1ca3659d3453",
    "mbpp+/sol_gpt-4o-mini-2024-07-18_200_anno.jsonl": "c2799cf88abf72498c62ec582e9afc07af2514d5",
    "mbpp+/sol_llama3-70b_200_anno.jsonl": "834f657a34e9c30f1ac53bee1ddc94d424796f36",
    "mbpp+/sol_llama3-8b_200_anno.jsonl": "c493045cc4f76b5255442a7adc02b8188c8d15f9",
    "mbpp+/ut_coderm-8b_100.jsonl": "49a082099e42ccb4a84a999b78904515f4611fff",
}
"""By the name of a file, that of its content at REVISION: git's SHA-1."""

_BENCHMARKS = ("humaneval+", "mbpp+", "livecodebench")
_POLICIES = ("llama3-8b", "llama3-70b", "gpt-3.5-turbo", "gpt-4o-mini-2024-07-18")


class Cell(NamedTuple):
    """One of the paper's Table 1: a benchmark and the policy whose candidates are reranked."""

    benchmark: str
    policy: str

    @property
    def name(self) -> str:
        return f"{self.benchmark}/{self.policy}"

    @property
    def samples(self) -> str:
        """The file of the candidates that are run: of LiveCodeBench those that were turned into functions."""
        kind = "100_func" if self.benchmark == "livecodebench" else "200_anno"
        return f"{self.benchmark}/sol_{self.policy}_{kind}.jsonl"

    @property
    def annotations(self) -> str:
        """The file with the authors' grades of the candidates, in the same order."""
        kind = "100_anno" if self.benchmark == "livecodebench" else "200_anno"
        return f"{self.benchmark}/sol_{self.policy}_{kind}.jsonl"

    @property
    def tests(self) -> str:
        return f"{self.benchmark}/ut_coderm-8b_100.jsonl"

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.samples, self.annotations, self.tests)))


def all_cells() -> list[Cell]:
    """The twelve of Table 1, in the paper's order."""
    return [Cell(*pair) for pair in product(_BENCHMARKS, _POLICIES)]


def cells_of(names: Iterable[str]) -> list[Cell]:
    """The cells that names stand for: a benchmark, a policy, or both as in "mbpp+/llama3-8b"; in the paper's order.

    Raises:
        InputError: says which name was meant.
    """
    wanted: set[Cell] = set()
    for name in names:
        found = [cell for cell in all_cells() if name in (cell.name, *cell)]
        if not found:
            known = [*_BENCHMARKS, *_POLICIES, *(cell.name for cell in all_cells())]
            raise InputError(f"the paper has no cell {name!r}; {suggestion(name, known)}")
        wanted.update(found)
    return [cell for cell in all_cells() if cell in wanted]


def chosen_cells(given: str | None) -> list[Cell]:
    """The cells of a flag: names with commas between them, as `cells_of` takes them; all without one."""
    return cells_of(given.split(",")) if given else all_cells()


def files_of(cells: Iterable[Cell]) -> list[str]:
    """The names of the files of these cells, each once."""
    return list(dict.fromkeys(name for cell in cells for name in cell.files))


def records_cache() -> Path:
    """The folder that `fetch coderm-records` fills."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "coderm-eval" / "coderm-records" / REVISION[:12]


def records_folder(given: Path, names: Sequence[str]) -> Path:
    """The folder that holds files of BLOBS: `given`, or data/result in it, as in a clone of the repository.

    Raises:
        InputError: one of `names` is missing; says how to get it.
    """
    folder = next((at for at in (given, given / IN_REPOSITORY) if (at / names[0]).is_file()), given)
    missing = next((name for name in names if not (folder / name).is_file()), None)
    if missing:
        raise InputError(
            f"{folder / missing}: no such file; run `{FETCH}` to download the authors' records, or give --records the "
            "folder of your copy"
        )
    return folder


def blob_of(path: Path) -> str:
    """Git's name for the content of a file: the SHA-1 of its length and its bytes."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()
