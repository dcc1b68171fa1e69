"""Tests of pytest's forms: all that pytest would run is run, with what it would supply, or the test is rejected."""

from __future__ import annotations

import pytest
from helpers.execution import is_harmless
from helpers.plain_verdicts import verdict

from coderm_eval.core.programs.assertions import asserts
from coderm_eval.core.programs.source import parse
from coderm_eval.generation.extraction.unit_tests import NO_CLASS, extract_tests, recorded_tests

RIGHT = "def tide(x):\n    return x * 2"
WRONG = "def tide(x):\n    return x * 3 if x else 0"


MARK = "@pytest.mark.parametrize"
METHOD = "class TestTide:\n    def test_zero(self):\n        assert tide(0) == 0\n"

FORMS = {
    "fixture": "@pytest.fixture\ndef x():\n    return 2\ndef test_it(x):\n    assert tide(x) == 4",
    "fixture beside a plain function": "@pytest.fixture\ndef x():\n    return 2\ndef test_zero():\n"
    "    assert tide(0) == 0\ndef test_it(x):\n    assert tide(x) == 4",
    "fixture of a fixture": "@pytest.fixture()\ndef x():\n    return 2\n@pytest.fixture\ndef y(x):\n    return x * 2\n"
    "def test_it(x, y):\n    assert tide(x) == y",
    "fixture with yield": "D = []\n@pytest.fixture\ndef x():\n    D.append(2)\n    yield D[-1]\n    D.clear()\n"
    "def test_a(x):\n    assert tide(x) == 4 and D == [2]\ndef test_b(x):\n    assert D == [2]",
    "fixture with parameters": "@pytest.fixture(params=[0, pytest.param(1)])\ndef x(request):\n"
    "    return request.param\ndef test_it(x):\n    assert tide(x) == x * 2",
    "fixture by another name": "@pytest.fixture(name='x')\ndef make():\n    return 2\ndef test_it(x):\n"
    "    assert tide(x) == 4",
    "fixture called test": "@pytest.fixture\ndef test_data():\n    return 2\ndef test_it(test_data):\n"
    "    assert tide(test_data) == 4",
    "fixture of the module's scope": "D = []\n@pytest.fixture(scope='module')\ndef x():\n"
    "    D.append(1)\n    return 2\ndef test_a(x):\n    assert tide(x) == 4\ndef test_b(x):\n    assert D == [1]",
    "finalizer": "D = []\n@pytest.fixture\ndef x(request):\n    D.append(1)\n    request.addfinalizer(D.clear)\n"
    "def test_a(x):\n    assert D == [1]\ndef test_b(x):\n    assert D == [1] and tide(1) == 2",
    "fixture of a class": "class TestTide:\n    @pytest.fixture\n    def x(self):\n        return 2\n"
    "    def test_it(self, x):\n        assert tide(x) == 4",
    "autouse in a class": "class TestTide:\n    @pytest.fixture(autouse=True)\n    def test_data(self):\n"
    "        self.x = 2\n    def test_it(self):\n        assert tide(self.x) == 4",
    "autouse in a module": "D = []\n@pytest.fixture(autouse=True)\ndef fill():\n    D.append(2)\ndef test_it():\n"
    "    assert tide(D[0]) == 4",
    "usefixtures": "D = []\n@pytest.fixture\ndef fill():\n    D.append(2)\n@pytest.mark.usefixtures('fill')\n"
    "def test_it():\n    assert tide(D[0]) == 4",
    "fixture from import": "from pytest import fixture\n@fixture\ndef x():\n    return 2\ndef test_it(x):\n"
    "    assert tide(x) == 4",
    "asynchronous fixture": "@pytest.fixture\nasync def x():\n    return 2\ndef test_it(x):\n    assert tide(x) == 4",
    "setup_module": "D = []\ndef setup_module(module):\n    D.append(2)\ndef teardown_module():\n    D.clear()\n"
    "def test_it():\n    assert tide(D[0]) == 4",
    "setup_function": "D = []\ndef setup_function(function):\n    D.append(2)\ndef teardown_function(function):\n"
    "    D.clear()\ndef test_a():\n    assert tide(D[0]) == 4\ndef test_b():\n    assert len(D) == 1",
    "setup_class": "class TestTide:\n    @classmethod\n    def setup_class(cls):\n        cls.x = 2\n"
    "    def test_it(self):\n        assert tide(self.x) == 4",
    "setup_class without classmethod": "class TestTide:\n    def setup_class(self):\n        self.x = 2\n"
    "    def test_it(self):\n        assert tide(self.x) == 4",
    "setup_method": "class TestTide:\n    def setup_method(self, method):\n        self.x = [2]\n"
    f"    {MARK}('y', [4, 4])\n    def test_it(self, y):\n        assert tide(self.x.pop()) == y",
    "class of any name, without the base that it asserts by": "class TidesInOrder:\n    def test_it(self):\n"
    "        self.assertEqual(tide(1), 2)",
    "nested class": "class TestOuter:\n    class TestInner:\n        def test_it(self):\n"
    "            assert tide(1) == 2\n    def test_zero(self):\n        assert tide(0) == 0",
    "base class": "class Base:\n    x = 0\n    def test_it(self):\n        assert tide(self.x) == self.x * 2\n"
    "class TestTide(Base):\n    x = 1",
    "asynchronous method": METHOD + "    async def test_it(self):\n        assert tide(1) == 2",
    "asynchronous function": "@pytest.mark.asyncio\nasync def test_it():\n    assert tide(1) == 2",
    "asynchronous with pytest_asyncio": "import pytest_asyncio\n@pytest_asyncio.fixture\nasync def x():\n    return 2\n"
    "@pytest.mark.asyncio\nasync def test_it(x):\n    assert tide(x) == 4",
    "parametrize": f"{MARK}('x, y', [(0, 0), (1, 2)])\ndef test_it(x, y):\n    assert tide(x) == y",
    "parametrize by keywords": f"{MARK}(argnames='x,y', argvalues=[(1, 2)], ids=['a'])\n"
    "def test_it(x, y):\n    assert tide(x) == y",
    "parametrize, a list of one name": f"{MARK}(['x'], [(1,)])\ndef test_it(x):\n    assert tide(x) == 2",
    "parametrize, a tuple of one name": f"{MARK}(('x',), [(1,)])\ndef test_it(x):\n    assert tide(x) == 2",
    "parametrize, a comma behind": f"{MARK}('x,', [1])\ndef test_it(x):\n    assert tide(x) == 2",
    "parametrize, dictionaries": f"{MARK}('x', [{{'a': 1}}])\ndef test_it(x):\n    assert tide(x['a']) == 2",
    "parametrize, stacked": f"{MARK}('x', [0, 1])\n{MARK}('k', [2])\ndef test_it(x, k):\n    assert tide(x) == x * k",
    "parametrize under another name": "cases = pytest.mark.parametrize\n@cases('x', [1])\ndef test_it(x):\n"
    "    assert tide(x) == 2",
    "parametrize of a method": f"class TestTide:\n    {MARK}('x, y', [(1, 2)])\n    def test_it(self, x, y):\n"
    "        assert tide(x) == y",
    "parametrize of a class": f"{MARK}('x, y', [(1, 2)])\nclass TestTide:\n    def test_it(self, x, y):\n"
    "        assert tide(x) == y",
    "parametrize of a module": "pytestmark = pytest.mark.parametrize('x', [1])\ndef test_it(x):\n"
    "    assert tide(x) == 2",
    "parametrize in vain for a default": f"{MARK}('x', [1])\ndef test_it(x, k=2):\n    assert tide(x) == x * k",
    "indirect": "@pytest.fixture\ndef x(request):\n    return request.param + 1\n"
    f"{MARK}('x', [1], indirect=True)\ndef test_it(x):\n    assert tide(x) == 4",
    "a case expected to fail": f"{MARK}('x, y', [(1, 2), pytest.param(2, 5, marks=pytest.mark.xfail)])\n"
    "def test_it(x, y):\n    assert tide(x) == y",
    "a function expected to fail": "@pytest.mark.xfail\ndef test_a():\n    assert tide(1) == 7\ndef test_it():\n"
    "    assert tide(1) == 2",
    "a method that is skipped": METHOD + "    @pytest.mark.skip(reason='slow')\n    def test_slow(self):\n"
    "        assert False\n    def test_it(self):\n        assert tide(1) == 2",
    "skipif that does not hold": "@pytest.mark.skipif(False, reason='x')\ndef test_it():\n    assert tide(1) == 2",
    "patch": "from unittest.mock import patch\n@patch('builtins.print')\ndef test_it(mock):\n    assert tide(1) == 2",
    "a function beside a TestCase class": "import unittest\nclass T(unittest.TestCase):\n    def test_zero(self):\n"
    "        self.assertEqual(tide(0), 0)\ndef test_it():\n    assert tide(1) == 2",
    "a helper called test": "def test_one(x, y):\n    assert tide(x) == y\ndef test_all():\n    test_one(1, 2)",
    "a helper method called test": "class TestTide:\n    def test_one(self, x, y):\n        assert tide(x) == y\n"
    "    def test_all(self):\n        self.test_one(1, 2)",
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnknownMarkWarning")  # of pytest-asyncio, which is not installed
@pytest.mark.parametrize("code", FORMS.values(), ids=FORMS.keys())
def test_a_wrong_program_fails_and_a_right_one_passes(code: str) -> None:
    code = f"import pytest\n{code}\n"
    extracted = recorded_tests(code, "tide")
    assert extracted.rejected is None
    (source,) = extracted.sources
    assert [verdict(source, program) for program in (RIGHT, WRONG)] == ["PASS", "FAIL"]
    assert recorded_tests(source, "tide").sources == extract_tests(source, "tide").sources == (source,)
    tree = parse(source)
    assert tree and asserts(tree)


def test_a_function_that_runs_the_classes_is_no_test() -> None:
    code = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(tide(1), 2)\n"
    (source,) = recorded_tests(f"{code}def test_all():\n    unittest.TestSuite().run(None)\n", "tide").sources
    assert verdict(source, RIGHT) == "PASS"


NOT_SUPPLIED = {
    "def test_a():\n    assert tide(0) == 0\ndef test_it(tmp_path):\n    tide(1)": "fixture tmp_path is not supplied",
    "def test_it(capsys):\n    assert tide(1)": "fixture capsys is not supplied",
    "class TestTide:\n    def test_it(self, monkeypatch):\n        tide(1)": "fixture monkeypatch is not supplied",
    "def test_a():\n    assert tide(0) == 0\ndef test_it(data):\n    assert tide(1)": "fixture data is not supplied",
    "import pytest\n@pytest.fixture\ndef x(tmp_path):\n    return 1\ndef test_it(x):\n    tide(x)": (
        "fixture tmp_path is not supplied"
    ),
    "def setup_module(module):\n    module.x = 1\ndef test_it():\n    tide(x)": (
        "pytest's argument of setup_module is not supplied"
    ),
    "class TestTide:\n    def __init__(self):\n        pass\n    def test_it(self):\n        tide(1)": (
        "pytest does not run class TestTide, which has an __init__"
    ),
    "class TestTide(Other):\n    def test_it(self):\n        tide(1)\ndef test_a():\n    tide(0)": (
        "a base of class TestTide is not known"
    ),
    "import pytest, unittest\nclass T(unittest.TestCase):\n    @pytest.fixture(autouse=True)\n    def x(self): ...\n"
    "    def test_a(self): tide(1)\ndef test_b(): tide(2)": ("pytest's forms beside a TestCase class are not supplied"),
    "import pytest\n@pytest.mark.usefixtures('tmp_path')\ndef test_it():\n    assert tide(1)": (
        "fixture tmp_path is not supplied"
    ),
    "import pytest\n@pytest.mark.usefixtures('db')\nclass TestTide:\n    def test_it(self):\n        assert tide(1)": (
        "fixture db is not supplied"
    ),
    "import pytest\n@pytest.mark.skip\ndef test_it():\n    tide(1)": NO_CLASS,
}


@pytest.mark.parametrize("code", NOT_SUPPLIED)
def test_a_test_of_which_a_part_cannot_run_is_rejected_by_name(code: str) -> None:
    assert recorded_tests(code, "tide") == ((), NOT_SUPPLIED[code])


def test_a_test_of_which_all_cases_are_skipped_does_not_pass() -> None:
    code = "import pytest\n@pytest.mark.skipif(True, reason='x')\ndef test_it():\n    assert tide(1) == 2\n"
    (source,) = recorded_tests(code, "tide").sources
    assert verdict(source, RIGHT) == "FAIL"


def test_a_copy_of_a_candidate_called_test_is_no_test() -> None:
    (source,) = recorded_tests("def test_rows(x):\n    return x\nassert test_rows(1) == 1\n", "test_rows").sources
    assert "assert test_rows(1) == 1" in source and "def test_rows" not in source


@pytest.mark.parametrize("form", ["fixture with yield", "autouse in a module", "parametrize", "setup_function"])
def test_a_test_function_with_fixtures_can_share_its_process(form: str) -> None:
    (source,) = recorded_tests(f"import pytest\n{FORMS[form]}\n", "tide").sources
    assert is_harmless(source)
