"""Tests that bend what comes after them, by accident or with intent, and tests that look for what they must not know.

Each stands before and between the good tests of a problem: a wrong program still fails those, a right one still passes
them. To add one, add a line: a trick is a list of statements that are run when the test is loaded; a victim is a
list of statements that hold where nobody has tampered with the process, the folder or the library.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ATTACKS_BY_TESTS", "FORGED_REPLIES", "SPIES", "AttackByTest", "good_tests"]

_IMPORTS = "import ctypes, decimal, gc, json, math, os, random, re, signal, sys, threading, time, unittest, warnings\n"


class AttackByTest(NamedTuple):
    name: str
    trick: str
    """Source of the test."""
    victim: tuple[str, ...] = ("pass",)
    """What has to hold afterwards, in a test of its own."""
    needs_filter: bool = False
    """Whether nothing but a filter of system calls stops it."""
    reads_files: bool = False
    """Whether it holds wherever files are open to it."""


def _case(*lines: str) -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f"\n\nclass TestRungs(unittest.TestCase):\n    def test_rungs(self):\n{body}"


def _test(*lines: str) -> str:
    """A test that does its trick and then holds for a right program."""
    return "\n".join([_IMPORTS.rstrip(), *lines]) + _case("self.assertEqual(rungs(2), 6)")


def good_tests(victim: tuple[str, ...]) -> list[str]:
    """Tests that hold for a right program and not for a wrong one: two harmless ones, and one with `victim`."""
    harmless = [f"import unittest\n{_case(f'self.assertEqual(rungs({n}), {3 * n})')}" for n in (5, 8)]
    return [*harmless, _IMPORTS + _case(*victim, "self.assertEqual(rungs(7), 21)")]


def _everywhere(text: str) -> tuple[str, ...]:
    """Write a text to every descriptor."""
    return (
        "for descriptor in range(64):",
        f"    try: os.write(descriptor, {text!r}.encode())",
        "    except OSError: pass",
    )


_PASSED = '{"calls": [], "unknown": [], "verdict": "P", "last": false}'

FORGED_REPLIES: dict[str, str] = {
    "no verdict": _PASSED.replace('"P"', '"X"') + "\n",
    "two verdicts": _PASSED.replace('"P"', '"PP"') + "\n",
    "a verdict that is a list": _PASSED.replace('"P"', '["P"]') + "\n",
    "a verdict alone": '{"verdict": "P"}\n',
    "a verdict and a question": _PASSED.replace('"unknown": []', '"unknown": ["f"]') + "\n",
    "neither": _PASSED.replace('"P"', "null") + "\n",
    "questions without end": '{"calls": [], "unknown": ["[\\"rungs\\",[1],{\\"dict\\":[]}]"], "verdict": null, '
    '"last": false}\n',
    "calls that are no text": _PASSED.replace('"calls": []', '"calls": [1]') + "\n",
    "calls that are no list": _PASSED.replace('"calls": []', '"calls": {"a": 1}') + "\n",
    "calls that are a number": _PASSED.replace('"calls": []', '"calls": 7') + "\n",
    "calls that nobody made": _PASSED.replace('"calls": []', '"calls": ["no call"]') + "\n",
    "a surrogate": _PASSED.replace('"calls": []', '"calls": ["\\ud800"]') + "\n",
    "deep nesting": "[" * 100_000 + "\n",
    "another kind of JSON": "7\n",
    "null": "null\n",
    "no JSON": "passed\n",
    "bytes that are no text": "\udcff\n",
    "an empty line": "\n",
    "half a line": "x",
    "a number without end": '{"verdict": ' + "9" * 10_000 + "}\n",
}
"""Lines that a test writes wherever it can."""

_SETS: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
    ("decimal's precision", ("decimal.getcontext().prec = 2",), ("assert decimal.Decimal(rungs(1)) + 100 == 103",)),
    (
        "decimal's traps",
        ("decimal.getcontext().traps[decimal.DivisionByZero] = False",),
        ("self.assertRaises(ZeroDivisionError, lambda: decimal.Decimal(1) / 0)",),
    ),
    ("limit of recursion", ("sys.setrecursionlimit(90)",), ("deep = lambda n: n and deep(n - 1)", "deep(200)")),
    ("working folder", ("os.chdir('/')",), ("assert os.getcwd() != '/'",)),
    ("working folder removed", ("os.rmdir(os.getcwd())",), ("open('mine', 'w').close()",)),
    (
        "attributes of the working folder",
        ("os.setxattr('.', 'user.rungs', b'4')",),
        ("assert os.listxattr('.') == []",),
    ),
    ("mode of the working folder", ("os.chmod('.', 0o555)",), ("open('mine', 'w').close()",)),
    ("file left behind", ("open('left', 'w').write('x')",), ("assert os.listdir() == []",)),
    ("folders left behind", ("os.makedirs('a/b/c')", "os.chmod('a/b', 0)"), ("assert os.listdir() == []",)),
    ("umask", ("os.umask(0o777)",), ("open('mine', 'w').close()", "open('mine').close()")),
    ("environment variable", ("os.environ['RUNGS'] = '4'",), ("assert 'RUNGS' not in os.environ",)),
    ("time zone", ("os.environ['TZ'] = 'UTC+9'", "time.tzset()"), ("assert time.timezone != 9 * 3600",)),
    ("warnings filters", ("warnings.simplefilter('error')",), ("warnings.warn('steep')",)),
    (
        "random.seed",
        ("random.seed = lambda *given: None",),
        (
            "random.seed(3)",
            "first = random.random()",
            "random.seed(3)",
            "assert first == random.random()",
        ),
    ),
    ("random.random", ("random.random = lambda: 0.5",), ("assert random.random() != 0.5",)),
    ("math.floor", ("math.floor = lambda number: 21",), ("assert math.floor(2.5) == 2",)),
    ("math.isclose", ("math.isclose = lambda *given, **named: True",), ("assert not math.isclose(rungs(1), 9)",)),
    ("time.time", ("time.time = lambda: 0",), ("assert time.time() > 0",)),
    (
        "builtins",
        (
            "import builtins",
            "builtins.isinstance = builtins.all = builtins.any = lambda *given: True",
            "builtins.abs = builtins.len = lambda *given: 0",
        ),
        ("assert abs(-1) == 1 and not isinstance(1, str)",),
    ),
    ("sys.modules", ("sys.modules['colorsys'] = sys.modules['fractions'] = None",), ("import colorsys, fractions",)),
    (
        "import hook",
        (
            "class Finder:",
            "    def find_spec(self, name, path=None, target=None): raise ImportError(name)",
            "sys.meta_path.insert(0, Finder())",
        ),
        ("import colorsys",),
    ),
    ("sys.path", ("sys.path.clear()",), ("assert sys.path",)),
    ("sys.stdout", ("sys.stdout = sys.stderr = None",), ("sys.stdout.write('x')",)),
    ("standard output closed", ("sys.stdout.close()", "os.close(1)"), ("print('x', flush=True)",)),
    ("gc.freeze", ("gc.disable()", "gc.freeze()", "gc.set_threshold(1)"), ("assert gc.isenabled()",)),
    ("a timer that ticks on", ("signal.setitimer(signal.ITIMER_REAL, 0.05)",), ("time.sleep(0.2)",)),
    (
        "signal handlers",
        ("signal.signal(signal.SIGALRM, lambda *given: os._exit(0))",),
        ("assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL",),
    ),
    (
        "limits",
        ("import resource", "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))"),
        ("open('/dev/null').close()",),
    ),
    ("niceness", ("os.nice(19)",), ("assert os.nice(0) < 19",)),
    ("pattern cache", ("re.compile = lambda *given: None",), ("assert re.compile('a').match('a')",)),
    (
        "deepcopy",
        ("import copy", "copy._deepcopy_dispatch[list] = lambda *given: [21]"),
        (
            "import copy",
            "assert copy.deepcopy([1]) == [1]",
        ),
    ),
    (
        "a small integer",
        ("ctypes.cast(id(21) + 24, ctypes.POINTER(ctypes.c_uint32))[0] = 28",),
        ("assert 20 + int('1') == 21",),
    ),
    ("memory that stays", ("sys.kept = bytearray(150 << 20)",), ("bytearray(150 << 20)",)),
    (
        "context variables",
        ("import contextvars", "sys.leak = contextvars.ContextVar('leak', default=1)"),
        ("assert not hasattr(sys, 'leak')",),
    ),
    ("atexit", ("import atexit", f"atexit.register(os.write, 3, {_PASSED!r}.encode())"), ("pass",)),
]
"""What a test sets, how, and what has to hold in the tests after it."""

_PLAIN: list[tuple[str, tuple[str, ...]]] = [
    (
        "TestSuite.run replaced",
        ("unittest.TestSuite.run = lambda self, result, debug=False: setattr(result, 'testsRun', 1)",),
    ),
    ("TestCase.run replaced", ("unittest.TestCase.run = lambda self, result: result.startTest(self)",)),
    (
        "assertEqual replaced",
        ("unittest.TestCase.assertEqual = unittest.TestCase._baseAssertEqual = lambda *given, **named: None",),
    ),
    (
        "TestResult replaced",
        (
            "unittest.TestResult.addFailure = unittest.TestResult.addError = lambda *given: None",
            "unittest.TestResult.wasSuccessful = lambda self: True",
        ),
    ),
    (
        "__init_subclass__ of TestCase",
        ("unittest.TestCase.__init_subclass__ = classmethod(lambda cls, **named: setattr(cls, 'assertEqual', print))",),
    ),
    (
        "the executor's function replaced",
        (
            "import coderm_eval.execution.sandbox.test_process as m",
            "m.run_test = lambda *given: 'P'",
        ),
    ),
    (
        "the executor's answers replaced",
        (
            "import coderm_eval.execution.sandbox.known_answers as m",
            "m.decode = lambda text: ['returned', 21, None, None]",
        ),
    ),
    (
        "the executor's reader replaced",
        (
            "import coderm_eval.execution.wire.lines as m",
            "m.os.write = lambda *given: len(given[1])",
        ),
    ),
    ("json.dumps replaced", (f"json.dumps = lambda *given, **named: {_PASSED!r}",)),
    ("json.loads replaced", ("json.loads = lambda text: {}",)),
    ("fork", ("os.fork()",)),
    ("fork, and the child leaves", ("os.fork() or os._exit(0)",)),
    ("fork, and the parent leaves", ("if os.fork(): os._exit(0)",)),
    (
        "a thread that writes later",
        (
            "def later():",
            "    while True:",
            "        time.sleep(0.01)",
            *(f"        {line}" for line in _everywhere(_PASSED)),
            "threading.Thread(target=later, daemon=True).start()",
        ),
    ),
    (
        "a thread that reads what comes",
        (
            "def take():",
            "    for descriptor in range(3, 64):",
            "        try: os.read(descriptor, 1 << 20)",
            "        except OSError: pass",
            "threading.Thread(target=take, daemon=True).start()",
        ),
    ),
    ("a thread that never ends", ("threading.Thread(target=time.sleep, args=(999,)).start()",)),
    ("settrace", ("sys.settrace(lambda *given: sys.exit())", "threading.settrace(lambda *given: sys.exit())")),
    ("setprofile", ("sys.setprofile(lambda *given: None)",)),
    ("exit", ("os._exit(0)",)),
    ("crash", ("ctypes.string_at(0)",)),
    ("crash by recursion in C", ("sys.setrecursionlimit(10**9)", "f = lambda: f()", "f()")),
    ("closes every descriptor", ("os.closerange(0, 4096)",)),
    ("a line without end", ("while True:", *(f"    {line}" for line in _everywhere("x" * 65536)))),
    ("a megabyte at a time", ("for _ in range(200):", *(f"    {line}" for line in _everywhere("x" * (1 << 20))))),
    ("empty lines without end", ("while True:", *(f"    {line}" for line in _everywhere("\n" * 65536)))),
    (
        "a reply in small pieces",
        (
            "for letter in '[' * 10**6:",
            *(f"    {line}" for line in _everywhere("[")),
            "    time.sleep(0.01)",
        ),
    ),
    ("loop", ("while True: pass",)),
    ("sleep", ("time.sleep(999)",)),
    ("all memory", ("kept = []", "while True: kept.append(bytearray(1 << 20))")),
    ("gets its children from the kernel", ("ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)",)),
]
"""Tricks after which any good test is a victim."""

_ON_THE_SERVER: list[tuple[str, tuple[str, ...]]] = [
    *(
        (f"{name} to its parent", (f"os.kill(os.getppid(), signal.{name})",))
        for name in ("SIGINT", "SIGTERM", "SIGKILL", "SIGHUP", "SIGUSR1", "SIGSEGV")
    ),
    ("SIGKILL to its group", ("os.killpg(0, signal.SIGKILL)",)),
    ("SIGKILL by system call", ("ctypes.CDLL(None).kill(os.getppid(), 9)",)),
    ("SIGKILL by descriptor", ("signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 9)",)),
    (
        "SIGKILL to its parent, and a life after it",
        ("ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)", "os.kill(os.getppid(), signal.SIGKILL)", "time.sleep(0.1)"),
    ),
    ("priority of its parent", ("os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",)),
    ("core of its parent", ("os.sched_setaffinity(os.getppid(), [min(os.sched_getaffinity(0))])",)),
    (
        "descriptors of its parent",
        ("import resource", "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (4, 4))"),
    ),
    (
        "memory limit of its parent",
        ("import resource", "resource.prlimit(os.getppid(), resource.RLIMIT_AS, (1 << 20, 1 << 20))"),
    ),
    ("folder above its own", ("os.chmod('..', 0)",)),
]
"""What a test does to the server that started it."""

_ON_THE_HOST: list[tuple[str, tuple[str, ...]]] = [
    ("SIGSTOP to its parent", ("os.kill(os.getppid(), signal.SIGSTOP)",)),
    ("memory of its parent", ("ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)",)),
    ("forks without end", ("while True: os.fork()",)),
    ("SIGKILL to all", ("os.kill(-1, signal.SIGKILL)",)),
    (
        "SIGKILL to its neighbours",
        (
            "for process in range(os.getpid() - 50, os.getpid() + 50):",
            "    if process > 1 and process != os.getpid():",
            "        try: os.kill(process, signal.SIGKILL)",
            "        except OSError: pass",
        ),
    ),
]
"""What a server is given up for after a minute only, or what would reach others where no filter stops it."""

ATTACKS_BY_TESTS: list[AttackByTest] = [
    *(AttackByTest(name, _test(*lines), victim) for name, lines, victim in _SETS),
    *(AttackByTest(name, _test(*lines)) for name, lines in _PLAIN),
    *(AttackByTest(name, _test(*lines)) for name, lines in _ON_THE_SERVER),
    *(AttackByTest(name, _test(*lines), needs_filter=True) for name, lines in _ON_THE_HOST),
    *(AttackByTest(f"forges {name}", _test(*_everywhere(line))) for name, line in FORGED_REPLIES.items()),
]


def _spy(*lines: str) -> str:
    """A test that passes only if `found` holds something."""
    return _IMPORTS + _case("rungs(2)", "found = []", *_SHIFT, *lines, "self.assertTrue(found)")


_SOURCE = "def rungs(height)"
_SHIFT = (
    "table = bytes(n + 1 & 255 for n in range(256))",
    f"source = {''.join(chr(ord(letter) + 1) for letter in _SOURCE)!r}",
    "is_source = lambda text: source in repr(text).translate(table.decode('latin-1'))",
)
"""What is looked for is written otherwise, so that it does not find itself."""

SPIES: list[AttackByTest] = [
    AttackByTest(
        "the program's source in frames",
        _spy(
            "frame = sys._getframe()",
            "while frame:",
            "    found += filter(is_source, [*frame.f_locals.values(), *frame.f_globals.values()])",
            "    frame = frame.f_back",
        ),
    ),
    AttackByTest(
        "the program's source in objects",
        _spy("found += filter(is_source, [thing for thing in gc.get_objects() if isinstance(thing, (dict, list))])"),
    ),
    AttackByTest(
        "the program's source in memory",
        _spy(
            "for line in open('/proc/self/maps'):",
            "    begin, end = (int(part, 16) for part in line.split()[0].split('-'))",
            "    if ' rw' in line and end - begin < 1 << 26:",
            "        if source.encode() in ctypes.string_at(begin, end - begin).translate(table): found.append(1)",
        ),
    ),
    AttackByTest(
        "another verdict",
        _spy("found += [thing for thing in gc.get_objects() if isinstance(thing, dict) and 'verdict' in thing]"),
    ),
    AttackByTest(
        "answers of the wrong program",
        _spy(
            "texts = [text for thing in gc.get_objects() if isinstance(thing, dict) for text in thing.values()]",
            "found += [text for text in texts if isinstance(text, str) and text.startswith('[\"returned\",8,')]",
        ),
    ),
    AttackByTest(
        "a file of its host", _spy("found.append(open('/etc/passwd').read())"), needs_filter=True, reads_files=True
    ),
]
"""Tests that hold only for who knows what they must not know of a right program."""
