"""Whether a program keeps a state, and where, and whether it can read its own text, as far as its names tell."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence

from coderm_eval.core.programs.source import is_special, scopes, symbol_table
from coderm_eval.execution.known_names import (
    BLIND_BUILTINS,
    BLIND_MEMBERS,
    HARMLESS_DUNDERS,
    PURE_ATTRIBUTES,
    PURE_BUILTINS,
    PURE_MEMBERS,
    REVEALING_ATTRIBUTES,
    SPECIAL_METHODS,
    STREAM_ATTRIBUTES,
    STREAM_BUILTINS,
    STREAM_MEMBERS,
)
from coderm_eval.execution.names_used import NamesUsed
from coderm_eval.execution.star_names import star_names

__all__ = ["is_blind", "is_pure", "leaves_nothing", "stays_inside"]

_BUILT_IN = frozenset(vars(builtins))
"""Meets other names by `intersection`: `&` with the keys of a dict goes through all of these."""

_Members = Mapping[str, frozenset[str]]

_LISTS: Sequence[_Members] = (PURE_MEMBERS, BLIND_MEMBERS, STREAM_MEMBERS)


def is_blind(names: NamesUsed, source: str) -> bool:
    """Return whether a program cannot read its own text: no docstring, line number, frame, or changed `__name__`."""
    return (
        not names.formats
        and all(_is_blind_attribute(attribute, names) for attribute in _attributes(names))
        and not any(is_special(name) and name not in SPECIAL_METHODS for name in {*names.bound, *names.imported})
        and names.bases.isdisjoint({"", "type"})
        and not names.bases & names.bound - names.classes
        and _are_known(names, [PURE_MEMBERS, BLIND_MEMBERS], PURE_BUILTINS | BLIND_BUILTINS, source)
    )


def is_pure(names: NamesUsed, source: str) -> bool:
    """Return whether functions of a blind program change and read nothing but arguments and what the call has made.

    What is outside of functions is not looked at.
    """
    return (
        not names.changes
        and not (names.changes_self and (names.self_is_any or _is_called_of_a_class(names)))
        and _reads_what_computes(names, source)
    )


def stays_inside(names: NamesUsed, source: str) -> bool:
    """Return whether a program changes nothing outside of itself: no library, no file, no limit of its process.

    A state of its own begins anew wherever it is loaded anew.
    """
    return _changes_no_import(names) and _reads_what_computes(names, source)


def leaves_nothing(names: NamesUsed, source: str) -> bool:
    """Return whether a program that reads standard input, run again in the same process, finds all as the first time.

    It has a new module for its own names, new streams, and the same limits and state of `random`.
    """
    opened = {"open"} if names.read["open"] == names.opens_streams else set()
    return _changes_no_import(names) and _reads(
        names, STREAM_ATTRIBUTES, [PURE_MEMBERS, STREAM_MEMBERS], PURE_BUILTINS | STREAM_BUILTINS | opened, source
    )


def _changes_no_import(names: NamesUsed) -> bool:
    starred = {name for module in names.starred for name in _star(module)}
    return names.changed.isdisjoint(names.imported.keys() | starred)


def _reads_what_computes(names: NamesUsed, source: str) -> bool:
    return _reads(names, frozenset(), [PURE_MEMBERS], PURE_BUILTINS, source)


def _reads(
    names: NamesUsed, attributes: frozenset[str], members: Sequence[_Members], built_in: frozenset[str], source: str
) -> bool:
    """Return whether what a program reads is its own, or plain data's, or in these lists."""
    harmless = (names.own, PURE_ATTRIBUTES, HARMLESS_DUNDERS, attributes)  # their union would take longer than all else
    return all(any(name in each for each in harmless) for name in _attributes(names)) and _are_known(
        names, members, built_in, source
    )


def _attributes(names: NamesUsed) -> Iterator[str]:
    """Yield the attributes that are read of anything but a module, or a name that nothing stands behind."""
    yield from names.attributes
    for name, attributes in names.attributes_of.items():
        is_there = name in names.bound or name in _BUILT_IN or any(name in _star(module) for module in names.starred)
        if is_there or any(member for _, member in names.imported.get(name, ())):
            yield from attributes


def _is_blind_attribute(name: str, names: NamesUsed) -> bool:
    if is_special(name):
        return name in HARMLESS_DUNDERS
    return name not in REVEALING_ATTRIBUTES and (name[:1] != "_" or name in names.own)


def _is_called_of_a_class(names: NamesUsed) -> bool:
    """Return whether a method may be called with something else as `self`."""
    return any(names.own & names.attributes_of[name].keys() for name in names.classes & names.attributes_of.keys())


def _are_known(names: NamesUsed, members: Sequence[_Members], built_in: frozenset[str], source: str) -> bool:
    """Return whether all that the program reads of modules and of Python is in these lists."""
    read = names.read.keys()
    unknown = {name for name in names.imported.keys() & read if not _is_known_import(name, names, members)}
    unknown |= {
        name for name in _BUILT_IN.intersection(read) if name not in built_in and names.read[name] != names.asked[name]
    }
    unknown |= {name for name in read if is_special(name)} - {"__name__"}
    return _is_known_star(names, members) and (not unknown or unknown <= _local(unknown & names.bound, source))


def _is_known_import(name: str, names: NamesUsed, members: Sequence[_Members]) -> bool:
    for module, member in names.imported[name]:
        wanted = [member] if member else names.attributes_of[name]
        if not member and names.read[name] != names.attributes_of[name].total():
            return False  # the module itself goes somewhere
        if not all(_is_listed(module, each, members) for each in wanted):
            return False
    return True


def _is_listed(module: str, name: str, members: Sequence[_Members]) -> bool:
    return any(name in listed.get(module, ()) for listed in members)


def _is_known_star(names: NamesUsed, members: Sequence[_Members]) -> bool:
    """Return whether `from module import *` binds no name that is read and not listed."""
    for module in names.starred:
        if not any(module in listed for listed in members):
            return False
        if not all(_is_listed(module, name, members) for name in names.read.keys() & _star(module)):
            return False
    return True


def _star(module: str) -> frozenset[str]:
    """Return what `from module import *` binds; nothing for modules that are in no list, which are not imported."""
    return star_names(module) if any(module in listed for listed in _LISTS) else frozenset()


def _local(wanted: set[str], source: str) -> set[str]:
    """Return those names that are variables of functions wherever they are read, and are imported in no function."""
    table = symbol_table(source) if wanted else None
    for scope in scopes(table) if table else ():
        for symbol in scope.get_symbols():
            imported = symbol.is_imported() and scope is not table
            if imported or (symbol.is_global() and symbol.is_referenced()):
                wanted = wanted - {symbol.get_name()}
    return wanted if table else set()
