"""The rules by name: this package's own, and those of other packages.

    @selector("fewest_failures")
    def fewest_failures(ballot: Ballot) -> Scores:
        return -(~ballot.passed).sum(axis=1).astype(float)

A package makes its rules known by an entry point in the group `coderm_eval.selectors` that names their module.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.metadata import entry_points
from types import MappingProxyType

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.messages import single_line, suggestion
from coderm_eval.selection.ballot import Ballot, Scores

__all__ = [
    "ALL_RULES",
    "ENTRY_POINTS",
    "RESERVED",
    "Rule",
    "broken_plugins",
    "find_rule",
    "known_rules",
    "line_of_error",
    "place",
    "provide_rule",
    "reads_probes",
    "require_rule",
    "require_rule_without_tests",
    "rules_apart",
    "selector",
]

ENTRY_POINTS = "coderm_eval.selectors"

Rule = Callable[[Ballot], Scores]

ALL_RULES = "all"

RESERVED = frozenset({ALL_RULES, "coderm", "first", "oracle", "random"})
"""Names that mean something else where rules are named: every rule, and rows of the result table."""

_RULES: dict[str, Rule] = {}
_READING_PROBES: set[str] = set()
_BROKEN: list[str] = []
_PROVIDED: dict[str, Rule] = {}
"""Rules that no package has: each is known by its name, and is none of all."""
_READERS_APART: ContextVar[list[object] | None] = ContextVar("readers_apart", default=None)
"""Where rules that are declared now go, if not among those of packages."""


def selector(name: str, *, reads_probes: bool = False) -> Callable[[Rule], Rule]:
    """Make the decorated rule known as `name`, for `select`.

    Args:
        name: what users type.
        reads_probes: whether the rule looks at `Ballot.probes`, so that candidates are run on probing inputs for it.

    Raises:
        ValueError: another rule has that name, or it is reserved.
    """
    if name in RESERVED:
        raise ValueError(f"no rule can be named {name!r}: the result table and --select have another use for it")

    def register(rule: Rule) -> Rule:
        apart = _READERS_APART.get()
        if apart is not None:
            apart += [rule] if reads_probes else []
            return rule
        known = _RULES.setdefault(name, rule)
        if known is not rule:
            raise ValueError(f"two rules are named {name!r}: {place(known)} and {place(rule)}")
        if reads_probes:
            _READING_PROBES.add(name)
        return rule

    return register


def known_rules() -> Mapping[str, Rule]:
    """All installed rules by name, but for those of packages that cannot be loaded: see `broken_plugins`."""
    _load_installed()
    return MappingProxyType(_RULES)


def find_rule(name: str) -> Rule:
    """The rule of that name, of a package or provided; raises KeyError if there is none."""
    return _PROVIDED[name] if name in _PROVIDED else known_rules()[name]


def provide_rule(name: str, rule: Rule, *, reads_probes: bool) -> None:
    """Make a rule known that no package has, in place of an earlier one of that name; `all` leaves it out."""
    _PROVIDED[name] = rule
    _READING_PROBES.discard(name)
    if reads_probes:
        _READING_PROBES.add(name)


@contextmanager
def rules_apart() -> Iterator[list[object]]:
    """Keep what is declared by `selector` meanwhile from being known; yields the rules that look at probing inputs."""
    _load_installed()  # else those of a package that is imported meanwhile would be lost
    readers: list[object] = []
    token = _READERS_APART.set(readers)
    try:
        yield readers
    finally:
        _READERS_APART.reset(token)


def reads_probes(names: Iterable[str]) -> bool:
    """Whether one of these rules looks at probing inputs."""
    _load_installed()
    return not _READING_PROBES.isdisjoint(names)


def require_rule_without_tests(name: str, source: str) -> None:
    """Check that a rule can pick where there are no tests: it looks at probing inputs.

    Raises:
        SettingsError: it cannot; `source` is what the message calls the place of the settings.
    """
    if not reads_probes([name]):
        able = " or ".join(sorted(_READING_PROBES - _PROVIDED.keys()))
        raise SettingsError(
            f"{source}: select is {name!r}, which picks by tests, and tests.backend is 'none'; select {able}"
        )


def broken_plugins() -> Sequence[str]:
    """A sentence for each package whose rules cannot be loaded."""
    _load_installed()
    return tuple(_BROKEN)


def require_rule(name: str, source: str) -> None:
    """Check that `name` can be selected: a known rule, or all of them.

    Raises:
        SettingsError: it cannot; `source` is what the message calls the place where it was given.
    """
    known = [*sorted(known_rules()), ALL_RULES]
    if name not in known and name not in _PROVIDED:
        reasons = "".join(f"; {sentence}" for sentence in broken_plugins())
        raise SettingsError(f"{source}: select is {name!r}; {suggestion(name, known)}{reasons}")


@functools.cache
def _load_installed() -> None:
    for point in entry_points(group=ENTRY_POINTS):
        try:
            point.load()
        except (Exception, SystemExit) as error:  # whatever a package does when it is imported
            _BROKEN.append(
                f"the rules of the entry point {point.name} = {point.value} cannot be loaded ({single_line(error)}): "
                f"mend or uninstall the package {point.dist.name if point.dist else ''}"
            )


def place(rule: Rule) -> str:
    """The dotted name of a rule, for messages; of a callable object that of its class."""
    named = rule if hasattr(rule, "__qualname__") else type(rule)
    return f"{named.__module__}.{named.__qualname__}"


def line_of_error(error: BaseException, file: str) -> int | None:
    """The last line of a file that an error went through; None if it went through none."""
    lines = []
    trace = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == file:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return lines[-1] if lines else None
