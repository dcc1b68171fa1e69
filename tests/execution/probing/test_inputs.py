"""Probing inputs: new calls of the function, from the calls that tests make."""

from __future__ import annotations

import subprocess
import sys

import pytest

from coderm_eval.execution.probing.inputs import probing_inputs
from coderm_eval.execution.wire.encoding import decode, encode


def call(*arguments: object, target: object = "f", **keywords: object) -> str:
    return encode([target, list(arguments), keywords])


def test_inputs_are_new_and_distinct_calls_of_the_function() -> None:
    seeds = [call([1, 2, 3], "ab"), call([], "c", strict=True)]
    found = probing_inputs(seeds, "f", 40)
    assert len(set(found)) == len(found) == 40 and not {*found} & {*seeds}
    for name, arguments, keywords in map(decode, found):
        assert (name, [type(a) for a in arguments]) == ("f", [list, str])
        assert {key: type(value) for key, value in keywords.items()} in ({}, {"strict": bool})


def test_there_are_fewer_where_arguments_are_small() -> None:
    assert probing_inputs([call(True)], "f", 40) == [call(False)]


METHOD = encode([{"x": 1}, "f", [3], {}]).replace('{"dict":[["x",1]]}', '{"object":0}')


def test_a_call_of_a_method_by_that_name_is_a_seed_too() -> None:
    assert {decode(text)[0] for text in probing_inputs([METHOD], "f", 5)} == {"f"}


NO_SEEDS = {
    "no call": [],
    "another function": [call(1, target="g")],
    "no arguments": [call()],
    "an object of the program": ['["f",[{"object":0}],{"dict":[]}]'],
    "an answer": ['["f",[{"opaque":"Agreeable"}],{"dict":[]}]'],
    "an array": ['["f",[{"numpy":["<i8",[1],"0100000000000000",false]}],{"dict":[]}]'],
    "a question": ['["f"]'],
    "large numbers": ['["f",[{"set":[{"int":"0x' + "f" * 9_000 + '"}]}],{"dict":[]}]'],
    "too long": [call("x" * 6_000)],
    "no JSON": ["f(1)", ""],
    "other JSON": ["7", '{"a":1}', '["f",7,8]', '["f",[1],[2]]', '["f",{"set":[[1]]},{"dict":[]}]', "[]", "null"],
    "deep": [f'["f",[{"[" * levels}{"]" * levels}],{{"dict":[]}}]' for levels in (60, 2_000)],
}
"""What the process of a test may write."""


@pytest.mark.parametrize("calls", NO_SEEDS.values(), ids=NO_SEEDS)
def test_other_calls_are_no_seeds(calls: list[str]) -> None:
    assert probing_inputs(calls, "f", 10) == []
    assert probing_inputs([*calls, call(7)], "f", 10) == probing_inputs([call(7)], "f", 10) != []


def test_no_input_is_longer_than_a_seed_may_be() -> None:
    """A text that is doubled again and again would be."""
    assert max(map(len, probing_inputs([call("ab" * 2_400)], "f", 100))) <= 5_000


def test_each_process_makes_the_same_inputs() -> None:
    """Sets of text have another order in each."""
    words = {f"word{n}" for n in range(20)}
    script = (
        "from coderm_eval.execution.probing.inputs import probing_inputs as p\n"
        "from coderm_eval.execution.wire.encoding import encode\n"
        f"print(p([encode(['f', [set({sorted(words)})], {{}}])], 'f', 20))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True)
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout and b"word19" in runs[0].stdout
