"""What happens in the process of a program: it is loaded, and answers calls.

call      ["f", [arguments], {"dict": [[keyword, argument], ...]}]     or ["f"]: what is f?
          ["f", [arguments], {"dict": []}, true]: the SHA-256 of what it returns, or null
answer    ["returned", value, arguments afterwards or null, index of the argument that it returned or null]
          ["raised", built-in exception, type, [arguments]]
          ["function"]  ["exception", built-in exception, name]  ["module", name]  ["value", value]  ["absent"]
"""

from __future__ import annotations

import json
import random
import sys
import types
from collections.abc import Callable
from typing import Any

from coderm_eval.execution.sandbox.answer_memory import AnswerWriter
from coderm_eval.execution.wire.digest import sha256_of_answer
from coderm_eval.execution.wire.encoding import decode, encode, is_immutable

__all__ = ["LOADED", "answer_runs"]

LOADED = '["loaded"]'
_NOT_LOADED = '["not loaded"]'

_SEED = 0
"""Of `random` and numpy at the start of each run, so that no answer depends on what ran before."""


def answer_runs(job: dict[str, Any], writer: AnswerWriter) -> None:
    """Load the program anew for each run, and write the answers to its calls.

    Args:
        job: {"program", "runs", "per_call"}; a run is a list of calls, and `per_call` says whether each has a time
            window of its own.
    """
    code: types.CodeType | None = None
    for run in job["runs"]:
        writer.begin(loading=job["per_call"])
        module = types.ModuleType("candidate")
        sys.modules["candidate"] = module  # where dataclasses and pickle look it up
        _seed()
        try:
            code = code or compile(job["program"], "<candidate>", "exec", dont_inherit=True)
            exec(code, module.__dict__)
        except BaseException:
            writer.add(_NOT_LOADED)
            continue
        writer.add(LOADED)
        for call in run:
            if job["per_call"]:
                writer.begin()
            writer.add(_answer(module.__dict__, call, writer.begin_digest))


def _seed() -> None:
    random.seed(_SEED)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(_SEED)


def _answer(names: dict[str, Any], call: str, begin_digest: Callable[[], None]) -> str:
    try:
        name, *how = decode(call)
        return _call(names, call, begin_digest, name, *how) if how else _described(names.get(name, _ABSENT))
    except BaseException as error:
        return _raised(error)


_ABSENT = object()


def _call(
    names: dict[str, Any],
    call: str,
    begin_digest: Callable[[], None],
    name: str,
    arguments: list[Any],
    keywords: dict[str, Any],
    digested: bool = False,
) -> str:
    if name not in names:
        raise NameError(f"name {name!r} is not defined")
    result = names[name](*arguments, **keywords)
    if digested:
        begin_digest()
        return f'["returned",{json.dumps(sha256_of_answer(result))},null,null]'
    returned = next((n for n, argument in enumerate(arguments) if argument is result), None)
    afterwards = "null"
    if not is_immutable((*arguments, *keywords.values())) and encode([name, arguments, keywords]) != call:
        afterwards = encode([arguments, keywords])
    return f'["returned",{encode(result)},{afterwards},{"null" if returned is None else returned}]'


def _described(value: object) -> str:
    if value is _ABSENT:
        return '["absent"]'
    if isinstance(value, types.ModuleType):
        return json.dumps(["module", value.__name__])
    if isinstance(value, type) and issubclass(value, BaseException):
        return json.dumps(["exception", _built_in(value), value.__name__])
    if callable(value) and '"type"' not in encode(value):
        return '["function"]'
    return f'["value",{encode(value)}]'


def _built_in(kind: type) -> str:
    """Return the name of the built-in exception that `kind` is or extends."""
    return next(base.__name__ for base in kind.__mro__ if base.__module__ == "builtins")


def _raised(error: BaseException) -> str:
    kind = type(error)
    try:
        arguments = encode(list(error.args))
    except BaseException:
        arguments = "[]"
    return f'["raised",{json.dumps(_built_in(kind))},{json.dumps(kind.__name__)},{arguments}]'
