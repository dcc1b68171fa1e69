"""Probing inputs from calls that tests make or a statement shows: the same calls give the same inputs."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable
from typing import Any

from coderm_eval.execution.probing.mutation import Pool, is_plain, mutated
from coderm_eval.execution.probing.ordered_text import ordered_text
from coderm_eval.execution.wire.encoding import decode

__all__ = ["REVISION", "probing_inputs"]

REVISION = 2
"""Raise it when the same calls give other inputs."""

_LONGEST = 5_000
"""Characters of a call that is mutated, or made."""
_MOST_SEEDS = 200
_TRIES = 20
"""Mutations for each input that is wanted: where arguments are few and small, most give what is there already."""
_STEPS = (1, 1, 2, 3)
"""How often an input's arguments are mutated, each with the same chance."""

_TAG = re.compile(r'\{"(\w+)": ')
"""Matches tags and nothing else: in text, quotes are escaped."""
_PLAIN_TAGS = frozenset({"int", "str", "tuple", "set", "frozenset", "dict"})

_Arguments = tuple[list[Any], dict[str, Any]]


def probing_inputs(calls: Iterable[str], entry_point: str, number: int) -> list[str]:
    """Return up to `number` calls of the entry point, as text, that are mutations of those among `calls`.

    Args:
        calls: as tests make them, say, of any function or object. Calls of methods count where the method has the name
            of the entry point.
        entry_point: also the seed of chance.
        number: there are fewer where arguments are few and small; none where no call has plain data for arguments.
    """
    seeds = _seeds(calls, entry_point)
    chance = random.Random(entry_point)
    pool = Pool(list(seeds.values()))
    known, queue = dict(seeds), list(seeds.values())
    for _ in range(_TRIES * number if seeds else 0):
        if len(known) == len(seeds) + number:
            break
        arguments = _mutated(chance.choice(queue), chance, pool)
        text = _call(entry_point, arguments)
        if text not in known and len(text) <= _LONGEST:
            known[text] = arguments
            queue.append(arguments)
    return [text for text in known if text not in seeds]


def _seeds(calls: Iterable[str], entry_point: str) -> dict[str, _Arguments]:
    """Return the arguments of the entry point's calls, by the call as text; each once."""
    seeds: dict[str, _Arguments] = {}
    for call in calls:
        found = _arguments(call, entry_point) if len(call) <= _LONGEST else None
        if found and len(seeds) < _MOST_SEEDS:
            seeds.setdefault(_call(entry_point, found), found)
    return seeds


def _arguments(call: str, entry_point: str) -> _Arguments | None:
    """Return the arguments if it is a call of the entry point, or of a method of its name, with plain data."""
    try:
        return _parsed(call, entry_point)
    except (ValueError, TypeError, RecursionError):  # the process of a test has written what it likes
        return None


def _parsed(call: str, entry_point: str) -> _Arguments | None:
    target, *how = json.loads(call)
    if isinstance(target, dict) and len(how) == 3:  # a method of an object
        target, *how = how
    if target != entry_point or len(how) < 2:
        return None
    text = json.dumps(how[:2])
    if not _PLAIN_TAGS.issuperset(_TAG.findall(text)):
        return None
    arguments, keywords = decode(text)
    is_call = type(arguments) is list and type(keywords) is dict and is_plain([arguments, keywords])
    return (arguments, keywords) if is_call and (arguments or keywords) else None


def _mutated(given: _Arguments, chance: random.Random, pool: Pool) -> _Arguments:
    arguments, keywords = list(given[0]), dict(given[1])
    for _ in range(chance.choice(_STEPS)):
        place: Any = chance.choice([*range(len(arguments)), *keywords])
        changed: Any = keywords if isinstance(place, str) else arguments
        changed[place] = mutated(changed[place], chance, pool)
    return arguments, keywords


def _call(entry_point: str, arguments: _Arguments) -> str:
    return ordered_text([entry_point, *arguments])
