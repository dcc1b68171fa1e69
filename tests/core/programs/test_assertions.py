"""Tests that cannot fail, by their text; what may fail is never said to be unable to."""

from __future__ import annotations

import ast

import pytest

from coderm_eval.core.programs.assertions import asserts, mentions

CANNOT_FAIL = [
    "print(f(1))",
    "f(1) == 2",
    "return f(1) == 2",
    "pass",
    "self.assertTrue(True)",
    "self.assertTrue(True, f'{f(1)}')",
    "self.assertEqual(2, 2)",
    "assert True, 'fine'",
    "assert (f(1) == 2, 'message')",
    "self.assertTrue((f(1), 2))",
    "assert f(1) == 2 or 'always'",
    "try:\n    assert f(1) == 2\nexcept:\n    pass",
    "try:\n    self.assertEqual(f(1), 2)\nexcept Exception as error:\n    print(error)",
    "try:\n    assert f(1) == 2\nexcept (ValueError, AssertionError):\n    print('no')",
    "yield self.assertEqual(f(1), 2)",
]

MAY_FAIL = [
    "assert f(1) == 2",
    "assert f(1)",
    "self.assertEqual(f(1), 2)",
    "self.assertEqual((f(1), 2), (1, 2))",
    "self.assertEqual(f'{f(1)}', '2')",
    "self.assertTrue(f(1))",
    "self.assertIsNone(f(1), 'message')",
    "self.fail()",
    "if f(1) != 2:\n    self.fail('wrong')",
    "if f(1) != 2:\n    raise AssertionError",
    "with self.assertRaises(ValueError):\n    f(1)",
    "with pytest.raises(ValueError):\n    f(1)",
    "numpy.testing.assert_allclose(f(1), 2)",
    "np.testing.assert_array_equal(x, y)",
    "expect(f(1)).to_equal(2)",
    "assert_that(f(1)).is_equal_to(2)",
    "for x, y in CASES:\n    with self.subTest(x):\n        self.assertEqual(f(x), y)",
    "try:\n    f(1)\nexcept ValueError:\n    pass\nelse:\n    self.fail()",
    "try:\n    f(1)\nexcept Exception as error:\n    self.fail(error)",
    "try:\n    assert f(1) == 2\nexcept AssertionError:\n    raise",
    "try:\n    assert f(1) == 2\nexcept ValueError:\n    pass",
    "def numbers():\n    yield 1\nassert f(next(numbers())) == 2",
    "check(f(1), 2)",
]
HELPER = "def check(a, b):\n    assert a == b\n\n"


def method(body: str, head: str = "def test_it(self):", base: str = "unittest.TestCase") -> ast.Module:
    lines = "".join(f"        {line}\n" for line in body.split("\n"))
    return ast.parse(f"{HELPER if 'check(' in body else ''}class TestIt({base}):\n    {head}\n{lines}")


@pytest.mark.parametrize("body", CANNOT_FAIL)
def test_a_test_that_cannot_fail_asserts_nothing(body: str) -> None:
    assert not asserts(method(body))


@pytest.mark.parametrize("body", MAY_FAIL)
def test_a_test_that_may_fail_asserts_something(body: str) -> None:
    assert asserts(method(body))


def test_a_coroutine_runs_only_in_an_asynchronous_test_case() -> None:
    body, head = "assert f(1) == 2", "async def test_it(self):"
    assert not asserts(method(body, head))
    assert asserts(method(body, head, "unittest.IsolatedAsyncioTestCase"))


@pytest.mark.parametrize("text", ["f(1)", "m.f(1)", "import f", "from m import f as g", "getattr(m, 'f')(1)"])
def test_a_function_is_named_in_many_ways(text: str) -> None:
    assert mentions(ast.parse(text), "f") and not mentions(ast.parse(text), "other")


def test_a_deep_or_nested_test_is_read() -> None:
    deep = "assert " + "f(1) + " * 900 + "1\n"
    nested = "".join(f"{' ' * n}try:\n{' ' * n} f(1)\n{' ' * n}except ValueError:\n" for n in range(90))
    assert asserts(ast.parse(deep))
    assert not asserts(ast.parse(f"{nested}{' ' * 90}pass\n"))
