"""Rules from files: `--select my.py:rule` names a function in a Python file, which is run as it is at that moment."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.messages import single_line, suggestion
from coderm_eval.selection.registry import line_of_error, provide_rule, require_rule, rules_apart

__all__ = ["is_rule_file", "load_rule", "require_rule_or_file", "rule_sha256"]

_SUFFIX = ".py"

_SHA256: dict[str, str] = {}
"""Of the files of the rules that were loaded, by the rules' names."""


def is_rule_file(name: str) -> bool:
    """Whether `name` is of the form FILE.py:NAME, or of a file whose NAME was forgotten."""
    return _parts(name)[0].endswith(_SUFFIX)


def require_rule_or_file(name: str, source: str) -> None:
    """Check that `name` can be selected, and load it where it is in a file; arguments are those of `load_rule`.

    Raises:
        SettingsError: it cannot.
    """
    if is_rule_file(name):
        load_rule(name, source)
    else:
        require_rule(name, source)


def load_rule(name: str, source: str) -> None:
    """Run the file in FILE.py:NAME and make its function NAME known as that rule, in place of an earlier one.

    Args:
        name: as it was given; a relative path begins in the current folder.
        source: what the message calls the place where it was given.

    Raises:
        SettingsError: names the file, and the line where there is one.
    """
    file, function = _parts(name)
    with _told_of(name, source):
        if not function:
            raise ValueError(f"name a function in it, as {file}:my_rule")
        content = _read(Path(file))
        module, readers = _run(Path(file), content)
        rule = vars(module).get(function)
        if rule is None:
            raise ValueError(f"{file}: no {function!r} in it; {suggestion(function, _functions(module))}")
        if not callable(rule):
            raise ValueError(f"{file}: {function} is {rule!r:.60}, and no function")
        _SHA256[name] = hashlib.sha256(content).hexdigest()
        provide_rule(name, rule, reads_probes=rule in readers)


def rule_sha256(name: str) -> str | None:
    """SHA-256 of the file that a rule was loaded from; None for a rule of an installed package."""
    return _SHA256.get(name)


def _parts(name: str) -> tuple[str, str]:
    """The file and the function in FILE.py:NAME."""
    file, _, function = name.rpartition(":")
    return (file, function) if file else (name, "")


@contextmanager
def _told_of(name: str, source: str) -> Iterator[None]:
    """Say where the rule was given that cannot be loaded."""
    try:
        yield
    except ValueError as error:
        raise SettingsError(f"{source}: select is {name!r}: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file in {Path.cwd()}") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from None


def _run(path: Path, content: bytes) -> tuple[ModuleType, list[object]]:
    """The module that a file makes, and which of its functions look at probing inputs.

    It is compiled here and not imported: Python would keep the compiled file, and miss a change within a second.
    """
    module = ModuleType(f"rule_file_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where dataclasses look for the names of annotations
    try:
        with rules_apart() as readers:
            exec(compile(content, str(path), "exec"), vars(module))
    except SyntaxError as error:
        raise ValueError(f"{path}:{error.lineno or 1}: {error.msg}") from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the file does
        line = line_of_error(error, str(path)) or 1
        raise ValueError(f"{path}:{line}: {type(error).__name__}: {single_line(error)}") from error
    return module, readers


def _functions(module: ModuleType) -> list[str]:
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
    return own or ["a function of your own"]
