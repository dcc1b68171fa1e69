"""What happens in the process of a program: it is loaded, and answers calls.

call      ["f", [arguments], {"dict": [[keyword, argument], ...]}]     or ["f"]: what is f?
          ["f", [arguments], {"dict": []}, true]: the SHA-256 of what it returns, or null
          ["f", [arguments], {"dict": []}, false]: what it returns, and not what has become of the arguments
          [object, "f", [arguments], {"dict": ...}]: the same of a method; [object, "a"]: what is this attribute?
          [object, "a", value]: set the attribute
answer    ["returned", value, arguments afterwards or null, index of the argument that it returned or null]
          ["raised", built-in exception, type, [arguments]]
          the same of one that is not built in, and {"dict": [[attribute, value], ...]}, its class, its text or null
          ["coroutine", answer]  ["async_generator", answer]: has returned this, a generator an iterator, or raised it
          ["function"]  ["coroutine function"]  ["method"]  ["class"]  ["exception", class]
          ["module", name]  ["value", value]  ["value", value, true]: a container, which is the object's own  ["absent"]

The class of an exception is the name of a built-in one, or [name, [base, ...], module].

An object is {"object": number}, where `ProgramObjects` numbers them, or {"name": name}, which is what a global name of
the program stands for.
"""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from coderm_eval.execution.sandbox.answer_memory import AnswerWriter
from coderm_eval.execution.sandbox.asynchronous import ASYNCHRONOUS, finished, is_coroutine_function
from coderm_eval.execution.sandbox.chance_of_programs import restart_chance
from coderm_eval.execution.sandbox.program_objects import MODULE, ProgramObjects, is_own
from coderm_eval.execution.wire.digest import sha256_of_answer
from coderm_eval.execution.wire.encoding import encode, is_immutable

__all__ = ["LOADED", "Call", "answer_runs"]

Call: TypeAlias = "str | list[Any]"
"""As text, or as what the text stands for."""

LOADED = '["loaded"]'
_NOT_LOADED = '["not loaded"]'


def answer_runs(
    job: dict[str, Any], writer: AnswerWriter, prepared: Sequence[Call] = (), more: Iterable[Sequence[Call]] = ()
) -> None:
    """Load the program anew for each run, and write the answers to its calls.

    Before each run but the first chance begins anew. Before that one it already has: see `chance_of_programs`.

    Args:
        job: {"program", "runs"}, or {"code", "runs"}: the code that the program is compiled to. A run is a list of
            calls: the text of each, or the number of a prepared one, which is in it once.
        prepared: a server that took them out of its list would write to the page of each, as this process does.
        more: calls after those of the last run.
    """
    code: types.CodeType | None = job.get("code")
    ran = False
    for run in job["runs"]:
        writer.begin()
        module = types.ModuleType(MODULE)
        sys.modules[MODULE] = module  # where dataclasses and pickle look it up
        if ran:
            restart_chance()
        ran = True
        try:
            code = code or compile(job["program"], "<candidate>", "exec", dont_inherit=True)
            exec(code, module.__dict__)
        except BaseException:
            writer.add(_NOT_LOADED)
            return
        writer.add(LOADED)
        answers = _Answers(module.__dict__, writer.begin_digest)
        for call in run:
            writer.add(answers.answer(prepared[call] if type(call) is int else call))
    for calls in more:
        for call in calls:
            writer.add(answers.answer(call))


_OBJECTS = ProgramObjects()
"""Made before any process of a program begins, which takes it 30 of its 600 page faults."""
_ABSENT = object()
_DONE = '["returned",null,null,null]'


class _Answers:
    """The answers to the calls of one run.

    Args:
        names: the program's global names.
        begin_digest: called before a digest is computed.
    """

    def __init__(self, names: dict[str, Any], begin_digest: Callable[[], None]) -> None:
        self._names = names
        self._begin_digest = begin_digest
        self._objects = _OBJECTS
        self._objects.begin(names)

    def answer(self, call: Call) -> str:
        try:
            text = call if isinstance(call, str) else None
            target, *how = self._objects.decode(call) if isinstance(call, str) else call
            if type(target) is not str:
                return self._of_object(text, target, *how)
            return self._called(text, target, *how) if how else self._looked_up(target)
        except BaseException as error:
            return self._raised(error)

    def _called(
        self, call: str | None, name: str, arguments: list[Any], keywords: dict[str, Any], digested: bool | None = None
    ) -> str:
        if name not in self._names:
            raise NameError(f"name {name!r} is not defined")
        function = self._names[name]
        result = function(*arguments, **keywords)
        if digested:
            self._begin_digest()
            return f'["returned",{json.dumps(sha256_of_answer(result))},null,null]'
        return self._returned(call if digested is None else None, function, result, arguments, keywords)

    def _returned(
        self, call: str | None, function: Any, result: Any, arguments: list[Any], keywords: dict[str, Any]
    ) -> str:
        """Return the answer; without the text of the call, it says nothing of the arguments."""
        if type(result) in ASYNCHRONOUS:
            return self._returned_later(call, result, arguments, keywords)
        if call is None:
            return f'["returned",{self._objects.encode_result(result, function)},null,null]'
        returned = next((n for n, argument in enumerate(arguments) if argument is result), None)
        afterwards = "null"
        if not is_immutable((*arguments, *keywords.values())):
            now = self._objects.encode([arguments, keywords])
            afterwards = "null" if call.endswith(now[1:]) else now
        value = self._objects.encode_result(result, function)
        return f'["returned",{value},{afterwards},{"null" if returned is None else returned}]'

    def _returned_later(self, call: str | None, result: Any, arguments: list[Any], keywords: dict[str, Any]) -> str:
        """Run a coroutine or an asynchronous generator to its end."""
        try:
            answer = self._returned(call, None, finished(result), arguments, keywords)
        except BaseException as error:
            answer = self._raised(error)
        return f'["{type(result).__name__}",{answer}]'

    def _of_object(self, call: str | None, target: Any, name: str, *how: Any) -> str:
        if not how:
            return self._attribute(target, name)
        if len(how) == 1:
            setattr(target, name, how[0])
            return _DONE
        arguments, keywords = how
        result = self._objects.operate(target, name, arguments, keywords)
        maker = type(target) if name in ("__copy__", "__deepcopy__") else None
        return self._returned(call, maker, result, arguments, keywords)

    def _attribute(self, target: Any, name: str) -> str:
        value = getattr(target, name)
        if callable(value) and not is_own(type(value)):
            return '["method"]' if hasattr(type(target), name) else '["function"]'
        is_kept = type(value) in (list, dict, set) and _is_stored(target, name, value)
        return f'["value",{self._objects.encode(value)}{",true" if is_kept else ""}]'

    def _looked_up(self, name: str) -> str:
        value = self._names.get(name, _ABSENT)
        if value is _ABSENT:
            return '["absent"]'
        if type(value) is types.FunctionType:  # mostly; what comes below is 40 pages of its process
            return '["coroutine function"]' if is_coroutine_function(value) else '["function"]'
        if isinstance(value, types.ModuleType):
            return json.dumps(["module", value.__name__])
        if isinstance(value, type) and issubclass(value, BaseException):
            return json.dumps(["exception", _class_of_exception(value)])
        if isinstance(value, type) and is_own(value):
            return '["class"]'
        if callable(value) and '"type"' not in encode(value):
            return '["coroutine function"]' if is_coroutine_function(value) else '["function"]'
        return f'["value",{self._objects.encode(value)}]'

    def _raised(self, error: BaseException) -> str:
        kind = type(error)
        try:
            arguments = self._objects.encode(list(error.args))
            about = self._about(error) if kind.__module__ != "builtins" else ""
        except BaseException:
            arguments, about = "[]", ""
        return f'["raised",{json.dumps(_built_in(kind))},{json.dumps(kind.__name__)},{arguments}{about}]'

    def _about(self, error: BaseException) -> str:
        """Return what else there is to say of an exception that is not built in."""
        kind = type(error)
        text = str(error) if is_own(kind.__str__) else None
        return (
            f",{self._objects.encode(vars(error))},{json.dumps(_class_of_exception(kind))},{self._objects.encode(text)}"
        )


def _is_stored(target: Any, name: str, value: Any) -> bool:
    """Return whether an object has this very value among its attributes, so that changing it changes the object."""
    is_slot = isinstance(getattr(type(target), name, None), types.MemberDescriptorType)
    return is_slot or getattr(target, "__dict__", {}).get(name) is value


def _built_in(kind: type) -> str:
    """Return the name of the built-in exception that `kind` is or extends."""
    return next(base.__name__ for base in kind.__mro__ if base.__module__ == "builtins")


def _class_of_exception(kind: type) -> Any:
    if kind.__module__ == "builtins":
        return kind.__name__
    bases = list(map(_class_of_exception, kind.__bases__)) if is_own(kind) else [_built_in(kind)]
    return [kind.__name__, bases, kind.__module__]
