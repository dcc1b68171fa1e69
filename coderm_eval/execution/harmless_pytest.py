"""What a harmless test does with pytest: it expects exceptions, compares approximately, and marks its own functions."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping

__all__ = ["attributes_of_pytest", "marks"]


@functools.cache
def attributes_of_pytest() -> frozenset[str]:
    """Return the attributes of all that a test can get from it: an exception that was expected knows frames."""
    import pytest

    with pytest.raises(ZeroDivisionError) as raised:
        raise ZeroDivisionError
    context = pytest.raises(ZeroDivisionError)
    numbers = [pytest.approx(value) for value in (1.0, [1.0], {"a": 1.0}, None)]
    marked = (pytest.mark, pytest.mark.skip, pytest.mark.skip.mark, pytest.param(1))
    things = (pytest, raised, context, pytest.raises, pytest.fail, pytest.skip, *numbers, *marked)
    return frozenset(name for thing in things for name in (*dir(thing), *dir(type(thing))))


def marks(node: ast.FunctionDef, modules: Mapping[str, str]) -> Iterator[ast.Attribute]:
    """Yield the attributes `mark` and `x` in each decorator `pytest.mark.x`, if all of the decorators are such marks.

    Then they mark this function and no other.

    Args:
        modules: {name in the test: module}.
    """
    names = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
    for name in names if all(_is_mark(name, modules) for name in names) else ():
        assert isinstance(name, ast.Attribute) and isinstance(name.value, ast.Attribute)
        yield from (name, name.value)


def _is_mark(name: ast.expr, modules: Mapping[str, str]) -> bool:
    mark = name.value if isinstance(name, ast.Attribute) else None
    module = mark.value if isinstance(mark, ast.Attribute) and mark.attr == "mark" else None
    return isinstance(module, ast.Name) and modules.get(module.id) == "pytest"
