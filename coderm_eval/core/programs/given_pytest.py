"""What pytest does with a test function, as definitions that a test of pytest's forms is given.

pytest itself is not run: it would collect files, and it is no dependency. A class of a test's module calls
`_coderm_run` for each test function; its set-up and tear-down are those of unittest.
"""

from __future__ import annotations

__all__ = ["PYTEST"]

PYTEST = '''def _coderm_fixture(function=None, *, scope="function", params=None, autouse=False, name=None, ids=None):
    """Stands for `pytest.fixture`."""

    def known(function):
        about = (name or function.__name__, scope, autouse, params)
        globals().setdefault("_coderm_known", {})[function] = about
        return function

    return known if function is None else known(function)


def _coderm_run(case, function):
    """Call a test function once for each of its cases, as pytest does; those that pytest would skip are left out."""
    if type(case).__module__ != __name__:
        raise TypeError("the case is not the test's own")
    classes = type(case).__mro__[::-1]
    marks = [m for x in (function, type(case)) for m in _coderm_listed(getattr(x, "pytestmark", ()))]
    marks += _coderm_listed(globals().get("pytestmark", ()))
    about = globals().get("_coderm_known", {})
    fixtures = {about[f][0]: (f, *about[f][1:]) for f in about if globals().get(f.__name__) is f}
    for f in [f for x in classes for f in vars(x).values() if type(f) is type(_coderm_run)]:
        if f in about:
            fixtures[about[f][0]] = (f.__get__(case), *about[f][1:])
    cases = [{}] if not any(map(_coderm_is_off, marks)) else []
    wanted = [name for name in fixtures if fixtures[name][2]]
    for mark in marks:
        if mark.name == "parametrize":
            cases = [{**one, **row} for one in cases for row in _coderm_rows(*mark.args, **mark.kwargs)]
        elif mark.name == "usefixtures":
            wanted += mark.args
    pending = [*wanted, *_coderm_arguments(function)]
    while pending and cases:
        name = pending.pop()
        if name in fixtures and name not in cases[0]:
            pending += (x for x in _coderm_arguments(fixtures[name][0]) if x != name)
            if fixtures[name][3] is not None and name + "()" not in cases[0]:
                rows = _coderm_rows([name], fixtures[name][3], indirect=True, whole=True)
                cases = [{**one, **row} for one in cases for row in rows]
    for number, values in enumerate(cases):
        if number:
            case.tearDown()
            case.doCleanups()
            case.setUp()
        item = _CodermItem(case, values, fixtures)
        for name in wanted:
            item.getfixturevalue(name)
        item.call(function)
    if not cases:
        case.skipTest("pytest would skip it")


def _coderm_listed(marks):
    return list(marks) if isinstance(marks, (list, tuple)) else [marks]


def _coderm_is_off(mark):
    """Return whether pytest would skip what is marked so, or expects it to fail."""
    condition = mark.args[0] if mark.args else mark.kwargs.get("condition", True)
    return mark.name == "skip" or (mark.name in ("skipif", "xfail") and bool(condition))


def _coderm_rows(argnames, argvalues, indirect=False, ids=None, scope=None, whole=False):
    """The values of each case by name; those for a fixture are under the fixture's name and "()"."""
    if isinstance(argnames, str):
        argnames = [name.strip() for name in argnames.split(",") if name.strip()]
        whole = len(argnames) == 1
    keys = [name + "()" if indirect is True or name in (indirect or ()) else name for name in argnames]
    rows = []
    for value in argvalues:
        is_set = type(value).__name__ == "ParameterSet"
        if not (is_set and any(map(_coderm_is_off, value.marks))):
            values = value.values if is_set else [value] if whole else list(value)
            if len(values) != len(keys):
                raise TypeError(f"{len(values)} values for the parameters {keys}")
            rows.append(dict(zip(keys, values)))
    return rows


def _coderm_arguments(function):
    """The names of a function's arguments."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code else ()


class _CodermItem:
    """One call of a test function; stands for pytest's `request`, too."""

    def __init__(self, case, values, fixtures):
        self.case, self.values, self.fixtures, self.made = case, values, fixtures, {}
        self.addfinalizer = case.addCleanup

    def call(self, function):
        """Call a function with the values that it names; others may be those of a decorator."""
        known = {"request", *self.values, *self.fixtures}
        arguments = {name: self.getfixturevalue(name) for name in _coderm_arguments(function) if name in known}
        result = function(**arguments)
        return __import__("asyncio").run(result) if type(result).__name__ == "coroutine" else result

    def getfixturevalue(self, name):
        """Return a parameter, or what a fixture gives; one of a wider scope lasts for the test class."""
        if name == "request":
            return self
        if name in self.values:
            return self.values[name]
        function, scope, _, params = self.fixtures[name]
        made, later = self.made, self.case.addCleanup
        if scope != "function":
            made, later = globals().setdefault("_coderm_made", {}), self.case.addClassCleanup
        key = (type(self.case), name, id(self.values.get(name + "()")))
        if key not in made:
            request = _CodermItem(self.case, self.values, self.fixtures)
            request.made, request.param, request.addfinalizer = self.made, self.values.get(name + "()"), later
            made[key] = request.call(function)
            if type(made[key]).__name__ == "generator" and function.__code__.co_flags & 32:
                generator = made[key]
                made[key] = next(generator)
                later(next, generator, None)
        return made[key]
'''
