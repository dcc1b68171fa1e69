"""Programs that set out to pass a test that they do not satisfy, or to harm what is around them.

Each defines `rungs`, which the test below calls, and gives the right answer only where its trick has worked. A
trick is a list of lines; `{secret}`, `{folder}`, `{port}`, `{victim}`, `{queue}` and `{mailbox}` stand for a file, a
folder, a listening port, a process, a message queue and an abstract socket of the host, which no trick may read, write,
reach or end. To add one, add a line.
"""

from __future__ import annotations

import platform
from typing import NamedTuple

TEST = """
import unittest


class TestRungs(unittest.TestCase):
    def test_low_ladder(self):
        self.assertEqual(rungs(2), 6)

    def test_tall_ladder(self):
        self.assertTrue(rungs(9) == 27)
        self.assertFalse(rungs(9) != 27)
        self.assertIn(rungs(9), [27])
        self.assertAlmostEqual(rungs(10), 30.0)
"""
"""It compares in several ways, so that one lie is not enough."""


class Attack(NamedTuple):
    kind: str
    name: str
    program: str


def _imports(*lines: str) -> str:
    return "\n".join(["import ctypes, gc, os, signal, socket, stat, sys, threading, time, unittest", *lines, ""])


def _at_import(*lines: str) -> str:
    """The trick is done once, when the program is loaded; the function itself is wrong."""
    return _imports(*lines, "def rungs(height):", "    return height * 4")


def _in_call(*lines: str, result: str = "height * 4") -> str:
    """The trick is done in each call; `result` is what it then returns."""
    return _imports("def rungs(height):", *(f"    {line}" for line in lines), f"    return {result}")


def _object(*methods: str, base: str = "") -> str:
    """The function returns an object that lies."""
    lines = [f"class Liar({base}):", *(f"    {method}" for method in methods)]
    return _imports(*lines, "def rungs(height):", f"    return Liar({'height' if base else ''})")


_NUMBERS = {
    **{"clone": (56, 220), "clone3": (435, 435), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138)},
    **{"ioprio_set": (251, 30), "msgctl": (71, 187), "msgget": (68, 186), "capset": (126, 91), "prlimit64": (302, 261)},
    **{"mknodat": (259, 33), "io_uring_setup": (425, 425), "userfaultfd": (323, 282), "bpf": (321, 280)},
    **{"add_key": (248, 217), "perf_event_open": (298, 241), "sethostname": (170, 161), "clock_settime": (227, 112)},
    **{"setpriority": (141, 140), "inotify_init1": (294, 26), "connect": (49, 203), "personality": (135, 92)},
}


def _call(name: str, *arguments: str) -> str:
    """A line that makes a system call and raises OSError if it is refused."""
    number = _NUMBERS[name][platform.machine() == "aarch64"]
    given = ", ".join([f"ctypes.c_long({number})", *arguments])
    return f"if ctypes.CDLL(None, use_errno=True).syscall({given}) == -1: raise OSError"


_OWN_LIBRARY = "library = os.open(os.__file__, os.O_RDONLY); state = os.stat(library)"
"""A file that every program can read, and that is not its own. No trick changes it to something else than it is."""


def _child_of(call: str) -> tuple[str, ...]:
    """Lines that make a call which returns twice, and are right if it was allowed."""
    counted = call.replace("if ", "child = ").replace(" == -1: raise OSError", "")
    return (counted, "if child == 0: os._exit(0)", "if child > 0: return height * 3")


_GETS_SIGNALS = "import fcntl", "reading, writing = os.pipe()", "fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC)"


def _signalled(*lines: str) -> str:
    """Have the kernel send SIGKILL when a pipe can be read."""
    return _in_call(*_GETS_SIGNALS, *lines, "os.write(writing, b'x')", "time.sleep(0.05)", result="height * 3")


_WALK = (
    "frame = sys._getframe()",
    "while frame:",
    "    for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):",
    "        if hasattr(value, 'failures'): value.failures.clear()",
    "        if hasattr(value, 'addFailure'): value.addFailure = value.addError = lambda *given: None",
    "    frame = frame.f_back",
)
_COLLECT = (
    "for thing in gc.get_objects():",
    "    try:",
    "        if isinstance(thing, unittest.TestResult): thing.wasSuccessful = lambda: True",
    "        if isinstance(thing, dict) and 'verdict' in thing: thing['verdict'] = 'P'",
    "    except Exception: pass",
)
_WRITE_EVERYWHERE = (
    "for descriptor in range(3, 256):",
    '    for forged in (b"\\0" * 17, b\'{"verdicts": "P", "cpu_seconds": [0.1]}\\n\', b"OK\\n", b"P\\n"):',
    "        try: os.write(descriptor, forged)",
    "        except OSError: pass",
)
_FIND_EXPECTED = (
    "import re",
    "for thing in gc.get_objects():",
    "    if isinstance(thing, (list, tuple)):",
    "        for text in thing:",
    "            found = isinstance(text, str) and re.search('assertEqual.rungs.%d., (.*?).\\n' % height, text)",
    "            if found: return int(found.group(1))",
)
_CHANGED_MEMORY = (
    "import mmap, struct",
    "for thing in gc.get_referrers(mmap.mmap) + gc.get_objects():",
    "    memory = getattr(thing, '_memory', None)",
    "    if isinstance(memory, mmap.mmap): memory[:16] = b'\\xff' * 16",
)
_ZEROED_MEMORY = (*_CHANGED_MEMORY[:-1], "    while isinstance(memory, mmap.mmap): memory[:12] = bytes(12)")

_WRITER = (
    "frame = sys._getframe()",
    "while 'writer' not in frame.f_locals: frame = frame.f_back",
    "writer = frame.f_locals['writer']",
)
"""What leaves the answers of this process in shared memory."""

_FILLED_MEMORY = (
    "import mmap, struct",
    "for thing in gc.get_referrers(mmap.mmap) + gc.get_objects():",
    "    memory = getattr(thing, '_memory', None)",
    "    if isinstance(memory, mmap.mmap):",
)
_EMPTY_ANSWERS = (
    *_FILLED_MEMORY,
    "        memory[:] = struct.pack('III', len(memory), 0, 0) + bytes(len(memory) - 12)",
    "        os._exit(0)",
)
_NUL_ANSWERS = (
    *_FILLED_MEMORY,
    "        rest = len(memory) - 24",
    "        memory[:] = struct.pack('=IIIdI', rest + 12, 0, 0, 0.0, rest) + bytes(rest)",
    "        os._exit(0)",
)

_TRICKS: dict[str, list[tuple[str, str]]] = {
    "ends early": [
        ("SystemExit at import", _at_import("raise SystemExit(0)")),
        ("os._exit at import", _at_import("os._exit(0)")),
        ("SystemExit in the function", _in_call("raise SystemExit(0)")),
        ("os._exit in the function", _in_call("os._exit(0)")),
        ("os._exit in atexit", _at_import("import atexit", "atexit.register(os._exit, 0)", "raise SystemExit(0)")),
        ("KeyboardInterrupt", _in_call("raise KeyboardInterrupt")),
        ("GeneratorExit", _in_call("raise GeneratorExit")),
        ("unittest.SkipTest", _in_call("raise unittest.SkipTest('not today')")),
        ("sys.exit in a thread", _in_call("threading.Thread(target=sys.exit).start()")),
        ("os._exit in a thread", _in_call("threading.Thread(target=os._exit, args=(0,)).start()", "time.sleep(9)")),
        ("segfault by ctypes", _in_call("ctypes.string_at(0)")),
        ("segfault by recursion in C", _in_call("sys.setrecursionlimit(10**9)", "return rungs(height)")),
        ("abort", _in_call("os.abort()")),
        ("kill itself", _in_call("os.kill(os.getpid(), signal.SIGKILL)")),
        ("closes every descriptor", _in_call("os.closerange(0, 4096)")),
        (
            "faulthandler",
            _in_call("import faulthandler", "faulthandler.dump_traceback_later(0.01, exit=True)", "time.sleep(9)"),
        ),
    ],
    "forges": [
        ("__eq__ that is always true", _object("def __eq__(self, other): return True")),
        (
            "__eq__ and all the others",
            _object(
                "def _yes(self, *given): return True",
                "__eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = __instancecheck__ = _yes",
                "def __ne__(self, other): return False",
                "def __hash__(self): return 27",
                "def __sub__(self, other): return 0",
                "__rsub__ = __abs__ = __round__ = __sub__",
            ),
        ),
        (
            "subclass of int",
            _object("def __eq__(self, other): return True", "def __ne__(self, other): return False", base="int"),
        ),
        (
            "subclass of float",
            _object("def __eq__(self, other): return True", "def __ne__(self, other): return False", base="float"),
        ),
        ("subclass of str", _object("def __eq__(self, other): return True", "__hash__ = str.__hash__", base="str")),
        (
            "subclass of list",
            _in_call("class Liar(list):", "    def __eq__(self, other): return True", result="Liar()"),
        ),
        (
            "subclass of dict",
            _in_call("class Liar(dict):", "    def __eq__(self, other): return True", result="Liar()"),
        ),
        (
            "metaclass with __instancecheck__",
            _imports(
                "class Meta(type):",
                "    def __instancecheck__(cls, thing): return True",
                "    def __eq__(cls, other): return True",
                "    __hash__ = type.__hash__",
                "class Liar(metaclass=Meta): pass",
                "def rungs(height): return Liar",
            ),
        ),
        ("__class__ that says int", _object("__class__ = int", "def __eq__(self, other): return True")),
        (
            "__eq__ of two objects",
            _in_call(
                "class Liar:",
                "    def __eq__(self, other): return True",
                "    def __hash__(self): return 27",
                result="[Liar(), Liar()]",
            ),
        ),
        ("class that is the function", _imports("class rungs(int):", "    def __eq__(self, other): return True")),
        (
            "class that extends a dict",
            _imports(
                "class rungs(dict):",
                "    def __init__(self, height): pass",
                "    def __eq__(self, other): return True",
                "    __sub__ = __abs__ = __round__ = lambda *given: 0",
                "    def show(self): return 27",
            ),
        ),
        (
            "class that iterates over what is expected",
            _object("def __iter__(self): return iter([27])", "def __contains__(self, other): return True"),
        ),
        ("attribute that is anything", _object("def __getattr__(self, name): return lambda *given, **named: True")),
        ("unittest.mock.ANY", _in_call("import unittest.mock", result="unittest.mock.ANY")),
        (
            "unittest.mock.MagicMock",
            _in_call(
                "from unittest.mock import MagicMock", "it = MagicMock()", "it.__eq__.return_value = True", result="it"
            ),
        ),
        (
            "assertEqual patched",
            _at_import("unittest.TestCase.assertEqual = unittest.TestCase.assertTrue = lambda *given: None"),
        ),
        (
            "every assertion patched",
            _at_import(
                "for name in dir(unittest.TestCase):",
                "    if name.startswith('assert'): setattr(unittest.TestCase, name, lambda *given, **named: None)",
            ),
        ),
        (
            "TestCase.run patched",
            _at_import(
                "unittest.TestCase.run = unittest.TestCase.__call__ = lambda self, result: result.startTest(self)"
            ),
        ),
        (
            "TestLoader patched",
            _at_import("unittest.TestLoader.loadTestsFromTestCase = lambda *given: unittest.TestSuite()"),
        ),
        (
            "TestResult patched",
            _at_import(
                "unittest.TestResult.addFailure = unittest.TestResult.addError = lambda *given: None",
                "unittest.TestResult.wasSuccessful = lambda self: True",
            ),
        ),
        (
            "_Outcome patched",
            _at_import(
                "import unittest.case", "unittest.case._Outcome.testPartExecutor = lambda *given, **named: None"
            ),
        ),
        (
            "TestCase replaced",
            _at_import(
                "class Meek(unittest.TestCase):",
                "    def run(self, result=None): result.startTest(self)",
                "unittest.TestCase = Meek",
            ),
        ),
        (
            "unittest replaced",
            _at_import(
                "import types",
                "fake = types.ModuleType('unittest')",
                "fake.TestCase = type('TestCase', (), {})",
                "sys.modules['unittest'] = fake",
            ),
        ),
        (
            "builtins patched",
            _at_import(
                "import builtins",
                "builtins.isinstance = builtins.all = builtins.any = lambda *given: True",
                "builtins.abs = builtins.round = lambda *given: 0",
                "builtins.AssertionError = ZeroDivisionError",
            ),
        ),
        (
            "builtins shadowed",
            _at_import(
                "def isinstance(*given): return True", "def sorted(*given): return rungs", "all = any = isinstance"
            ),
        ),
        (
            "settrace",
            _at_import(
                "def tracer(frame, event, thing):",
                "    frame.f_trace_lines = False",
                "    return None",
                "sys.settrace(tracer)",
            ),
        ),
        (
            "setprofile",
            _at_import(
                "def profiler(frame, event, thing):",
                "    if event == 'call': frame.f_locals.clear()",
                "sys.setprofile(profiler)",
            ),
        ),
        (
            "import hook",
            _at_import(
                "class Finder:",
                "    def find_spec(self, name, path=None, target=None): raise ImportError(name)",
                "sys.meta_path.insert(0, Finder())",
                "sys.modules.pop('unittest', None)",
            ),
        ),
        (
            "__build_class__ patched",
            _at_import(
                "import builtins",
                "build = builtins.__build_class__",
                "builtins.__build_class__ = lambda f, name, *bases, **named: build(lambda: None, name, *bases)",
            ),
        ),
        ("frames walked", _in_call(*_WALK)),
        ("objects collected", _in_call(*_COLLECT)),
        ("test looked for in memory", _in_call(*_FIND_EXPECTED)),
        ("answers overwritten", _in_call(*_CHANGED_MEMORY)),
        ("empty answers without number", _in_call(*_EMPTY_ANSWERS)),
        ("answers of NUL", _in_call(*_NUL_ANSWERS)),
        ("verdict on every descriptor", _in_call(*_WRITE_EVERYWHERE)),
        ("verdict on every descriptor, then exit", _in_call(*_WRITE_EVERYWHERE, "os._exit(0)")),
        (
            "summary printed, then exit",
            _in_call("print('Ran 2 tests in 0.001s\\n\\nOK', file=sys.stderr, flush=True)", "os._exit(0)"),
        ),
        ("__del__ at teardown", _in_call("class Last:", "    def __del__(self): os._exit(0)", "sys.last = Last()")),
        (
            "test class patched through the caller",
            _in_call(
                "names = sys._getframe(1).f_globals",
                "for value in list(names.values()):",
                "    if isinstance(value, type): value.assertEqual = value.assertTrue = lambda *given: None",
            ),
        ),
        ("the caller's arguments", _in_call("return sys._getframe(1).f_locals['expected']")),
        ("__main__ looked through", _in_call("return vars(sys.modules['__main__'])['expected'][height]")),
        (
            "generator that swallows",
            _in_call(
                "def swallow():",
                "    while True:",
                "        try: yield height",
                "        except BaseException: pass",
                result="swallow()",
            ),
        ),
        ("coroutine", "async def rungs(height):\n    return height * 3\n"),
        ("pickle that runs", _object("def __reduce__(self): return (os._exit, (0,))")),
        (
            "answer of colliding hashes",
            _in_call(
                *_WRITER,
                "texts = ','.join('{\"int\":\"%x\"}' % (n * (2**61 - 1)) for n in range(50_000))",
                'writer.add(\'["returned",{"set":[%s]},null,null]\' % texts)',
                "os._exit(0)",
            ),
        ),
        (
            "answer of deep nesting",
            _in_call(
                *_WRITER, "writer.add('[\"returned\",' + '[' * 10**6 + ']' * 10**6 + ',null,null]')", "os._exit(0)"
            ),
        ),
        (
            "answer without end",
            _in_call(*_WRITER, 'writer.add(\'["returned",{"Decimal":"1e999999999"},null,null]\')', "os._exit(0)"),
        ),
        (
            "answer that is an object it never made",
            _in_call(*_WRITER, 'writer.add(\'["returned",{"object":[7,"int"]},null,null]\')', "os._exit(0)"),
        ),
        (
            "answer that is no answer",
            _in_call(*_WRITER, "writer.add('[\"value\",27]')", "writer.add('P')", "os._exit(0)"),
        ),
        (
            "answers with a coroutine of coroutines",
            _in_call(
                *_WRITER,
                "writer.add('[\"coroutine\",' * 900 + '[\"returned\",27,null,null]' + ']' * 900)",
                "os._exit(0)",
            ),
        ),
        (
            "raises what would skip the test",
            _in_call(
                *_WRITER,
                """writer.add('["raised","Exception","SkipTest",[],{"dict":[]},["SkipTest",["Exception"],"unittest.case"]]')""",
                "os._exit(0)",
            ),
        ),
        (
            "raises what ends a test that asks something new",
            _in_call(
                *_WRITER,
                """writer.add('["raised","BaseException","UnknownAnswerError",[],{"dict":[]},"""
                """["UnknownAnswerError",["BaseException"],"coderm_eval.execution.sandbox.known_answers"]]')""",
                "os._exit(0)",
            ),
        ),
        (
            "raises a class of endless bases",
            _in_call(
                *_WRITER,
                """of = '["A",[' * 900 + '"Exception"' + '],""]' * 900""",
                """writer.add('["raised","Exception","A",[],{"dict":[]},' + of + ']')""",
                "os._exit(0)",
            ),
        ),
        (
            "answers with the class of a name that is none",
            _in_call(*_WRITER, """writer.add('["returned",{"name":[27]},null,null]')""", "os._exit(0)"),
        ),
        ("result too large to send", _in_call(result="'x' * (64 << 20)")),
        ("result that contains itself", _in_call("it = [27]", "it.append(it)", result="it")),
        ("result nested without end", _in_call("it = []", "for _ in range(10**6): it = [it]", result="it")),
        ("repr that lies", _object("def __repr__(self): return '27'", "__str__ = __format__ = __repr__")),
    ],
    "overstays": [
        ("loop", _in_call("while True: pass")),
        ("loop at import", _at_import("while True: pass")),
        (
            "loop that swallows exceptions",
            _in_call("while True:", "    try:", "        while True: pass", "    except BaseException: pass"),
        ),
        (
            "loop that ignores signals",
            _in_call(
                "for number in range(1, 65):",
                "    try: signal.signal(number, signal.SIG_IGN)",
                "    except (OSError, ValueError): pass",
                "while True: pass",
            ),
        ),
        ("loop that resets timers", _in_call("while True:", "    for timer in range(3): signal.setitimer(timer, 0)")),
        (
            "loop that raises its limits",
            _in_call(
                "import resource",
                "try: resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))",
                "except (OSError, ValueError): pass",
                "while True: pass",
            ),
        ),
        ("product in C", _in_call("import itertools", "return len(list(itertools.product(range(99), repeat=9)))")),
        (
            "endless iteration in C",
            _in_call("import itertools, collections", "collections.deque(itertools.count(), maxlen=0)"),
        ),
        ("pow", _in_call("return pow(7, 7 ** 99_999, 10 ** 99_999 + 1)")),
        ("regular expression", _in_call("import re", "re.match('(a+)+$', 'a' * 64 + 'b')")),
        ("sleep", _in_call("time.sleep(1e9)")),
        ("loop that begins its time anew", _in_call(*_WRITER, "while True: writer.begin(), writer.begin_digest()")),
        (
            "loop that says it is being prepared",
            _in_call(*_ZEROED_MEMORY),
        ),
        (
            "loop that gives answers to begin the time of the next",
            _in_call(*_WRITER, "for _ in range(9): writer.add('[\"returned\",27,null,null]')", "while True: pass"),
        ),
        (
            "loops that say they took no time",
            _in_call(
                *_WRITER,
                "end = time.process_time() + 0.6",
                "while time.process_time() < end: pass",
                "writer.begin()",
                result="height * 3",
            ),
        ),
        ("lock", _in_call("lock = threading.Lock()", "lock.acquire()", "lock.acquire()")),
        ("reads its input for ever", _in_call("while True: sys.stdin.read()")),
        ("stops itself", _in_call("os.kill(os.getpid(), signal.SIGSTOP)", "while True: pass")),
        (
            "thread that loops",
            _in_call(
                "thread = threading.Thread(target=lambda: [None for _ in iter(int, 1)])",
                "thread.start()",
                "thread.join()",
            ),
        ),
        (
            "daemon thread left behind",
            _in_call("threading.Thread(target=time.sleep, args=(1e9,), daemon=True).start()"),
        ),
        ("child left behind", _in_call("if os.fork() == 0: time.sleep(1e9)")),
        (
            "grandchild in its own session",
            _in_call(
                "if os.fork() == 0:", "    os.setsid()", "    if os.fork() == 0: time.sleep(1e9)", "    os._exit(0)"
            ),
        ),
        ("fork bomb", _in_call("while True:", "    try: os.fork()", "    except OSError: pass")),
        ("thread bomb", _in_call("while True: threading.Thread(target=time.sleep, args=(1e9,), daemon=True).start()")),
        ("endless generator", _in_call("def steps():", "    while True: yield height", result="steps()")),
        ("__eq__ that hangs", _object("def __eq__(self, other):", "    while True: pass")),
        ("__del__ that hangs", _in_call("class Last:", "    def __del__(self):", "        while True: pass", "Last()")),
        ("shell", _in_call("os.system('sleep 1000000')")),
    ],
    "grows": [
        ("10 GB at once", _in_call("bytearray(10 << 30)")),
        ("memory bit by bit", _in_call("kept = []", "while True: kept.append(bytearray(1 << 20))")),
        ("1 GB of output", _in_call("for _ in range(1000): print('x' * (1 << 20))")),
        ("1 GB on standard error", _in_call("for _ in range(1000): os.write(2, b'x' * (1 << 20))")),
        ("sparse file", _in_call("open('big', 'wb').truncate(1 << 40)")),
        ("files without number", _in_call("for n in range(10**6): open(str(n), 'w').close()")),
        ("file without end", _in_call("with open('big', 'wb') as file:", "    while True: file.write(bytes(1 << 20))")),
        ("folders without bottom", _in_call("while True:", "    os.mkdir('d')", "    os.chdir('d')")),
        ("descriptors without number", _in_call("kept = [open('/dev/null') for _ in range(10**5)]")),
        ("memory of a file", _in_call("file = os.memfd_create('big')", "while True: os.write(file, bytes(1 << 20))")),
        (
            "shared memory",
            _in_call(
                "from multiprocessing import shared_memory", "shared_memory.SharedMemory(create=True, size=8 << 30)"
            ),
        ),
        ("huge number", _in_call(result="10 ** 10 ** 7")),
    ],
    "reaches out": [
        ("reads a file", _in_call("open('{secret}').read()", result="height * 3")),
        ("reads /etc/passwd", _in_call("open('/etc/passwd').read()", result="height * 3")),
        ("lists a folder", _in_call("os.listdir('{folder}')", result="height * 3")),
        ("writes a file", _in_call("open('{folder}/mine', 'w').write('x')", result="height * 3")),
        ("removes a file", _in_call("os.remove('{secret}')", result="height * 3")),
        ("renames a file", _in_call("os.rename('{secret}', '{secret}.gone')", result="height * 3")),
        ("changes a mode", _in_call("os.chmod('{secret}', 0o777)", result="height * 3")),
        ("changes a time", _in_call("os.utime('{secret}', (0, 0))", result="height * 3")),
        ("hard link", _in_call("os.link('{secret}', 'mine')", "open('mine').read()", result="height * 3")),
        ("symbolic link", _in_call("os.symlink('{secret}', 'mine')", "open('mine').read()", result="height * 3")),
        (
            "climbs out of its folder",
            _in_call("os.chdir('../../../..')", "open(os.getcwd() + '{secret}').read()", result="height * 3"),
        ),
        ("connects by TCP", _in_call("socket.create_connection(('127.0.0.1', {port}), 1)", result="height * 3")),
        (
            "sends by UDP",
            _in_call(
                "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
                result="height * 3",
            ),
        ),
        ("asks for a name", _in_call("socket.gethostbyname('example.org')", result="height * 3")),
        ("listens", _in_call("socket.socket().listen()", result="height * 3")),
        ("Unix socket", _in_call("socket.socket(socket.AF_UNIX)", result="height * 3")),
        ("kills its parent", _in_call("os.kill(os.getppid(), signal.SIGKILL)", "time.sleep(0.1)")),
        (
            "kills its parent through posix",
            _in_call("import posix", "posix.kill(posix.getppid(), 9)", "time.sleep(0.1)"),
        ),
        ("kills its parent by system call", _in_call("ctypes.CDLL(None).kill(os.getppid(), 9)", "time.sleep(0.1)")),
        ("kills a process", _in_call("os.kill({victim}, signal.SIGKILL)", result="height * 3")),
        (
            "kills a process by descriptor",
            _in_call("signal.pidfd_send_signal(os.pidfd_open({victim}), 9)", result="height * 3"),
        ),
        (
            "traces a process",
            _in_call(
                "if ctypes.CDLL(None, use_errno=True).ptrace(16, {victim}, 0, 0) == -1: raise OSError",
                result="height * 3",
            ),
        ),
        ("reads its parent's variables", _in_call("open(f'/proc/{os.getppid()}/environ').read()", result="height * 3")),
        ("writes its parent's memory", _in_call("open(f'/proc/{os.getppid()}/mem', 'wb')", result="height * 3")),
        ("finds the key in its variables", _in_call("os.environ['LADDER_API_KEY']", result="height * 3")),
        (
            "starts a program",
            _in_call("import subprocess", "subprocess.run(['/bin/true'], check=True)", result="height * 3"),
        ),
        ("becomes a program", _in_call("os.execv('/bin/true', ['true'])", result="height * 3")),
        (
            "mounts",
            _in_call("if ctypes.CDLL(None).mount(b'x', b'/tmp', b'tmpfs', 0, 0): raise OSError", result="height * 3"),
        ),
        ("new namespaces", _in_call("if ctypes.CDLL(None).unshare(0x10000000): raise OSError", result="height * 3")),
        ("becomes root", _in_call("os.setuid(0)", "open('{secret}').read()", result="height * 3")),
        ("leaves its root", _in_call("os.chroot('.')", result="height * 3")),
        ("breaks its scratch folder", _in_call("import shutil", "shutil.rmtree(os.getcwd())")),
        (
            "kills by a signal of the kernel",
            _signalled("fcntl.fcntl(reading, 10, signal.SIGKILL)", "fcntl.fcntl(reading, 8, {victim})"),
        ),
        (
            "kills by a signal to an owner",
            _signalled(
                "import struct",
                "fcntl.fcntl(reading, 10, signal.SIGKILL)",
                "fcntl.fcntl(reading, 15, struct.pack('ii', 1, {victim}))",
            ),
        ),
        (
            "sets an owner by ioctl",
            _signalled("import struct", "fcntl.ioctl(reading, 0x8901, struct.pack('i', {victim}))"),
        ),
        ("kills a thread", _in_call(_call("tgkill", "{victim}", "{victim}", "9"), result="height * 3")),
        (
            "queues a signal",
            _in_call(
                "import struct",
                "info = struct.pack('iiiii', 9, 0, -1, os.getpid(), os.getuid()).ljust(128, b'\\0')",
                _call("rt_sigqueueinfo", "{victim}", "9", "info"),
                result="height * 3",
            ),
        ),
        ("makes a user namespace by clone", _in_call(*_child_of(_call("clone", "0x10000000 | 17", *["0"] * 4)))),
        (
            "makes a user namespace by clone3",
            _in_call(
                "import struct",
                "how = struct.pack('11Q', 0x10000000, 0, 0, 0, 17, *[0] * 6)",
                *_child_of(_call("clone3", "how", "len(how)")),
            ),
        ),
        (
            "changes the mode of a library",
            _in_call(_OWN_LIBRARY, "os.fchmod(library, state.st_mode & 0o7777)", result="height * 3"),
        ),
        (
            "changes the owner of a library",
            _in_call(_OWN_LIBRARY, "os.fchown(library, state.st_uid, state.st_gid)", result="height * 3"),
        ),
        (
            "changes the times of a library",
            _in_call(_OWN_LIBRARY, "os.utime(library, ns=(state.st_atime_ns, state.st_mtime_ns))", result="height * 3"),
        ),
        (
            "marks a library",
            _in_call(
                _OWN_LIBRARY,
                "os.setxattr(library, 'user.x', b'x')",
                "os.removexattr(library, 'user.x')",
                result="height * 3",
            ),
        ),
        (
            "changes the flags of a library",
            _in_call(
                _OWN_LIBRARY,
                "import fcntl",
                "flags = bytearray(8)",
                "fcntl.ioctl(library, 0x80086601, flags)",
                "fcntl.ioctl(library, 0x40086602, bytes(flags))",
                result="height * 3",
            ),
        ),
        (
            "changes the mode of its input",
            _in_call(
                "if stat.S_ISCHR(os.fstat(0).st_mode): os.fchmod(0, 0o666)", "else: raise OSError", result="height * 3"
            ),
        ),
        (
            "changes the modes of its outputs",
            _in_call(
                "for own in 1, 2:",
                "    if stat.S_ISCHR(os.fstat(own).st_mode): os.fchmod(own, 0o666)",
                "    else: raise OSError",
                result="height * 3",
            ),
        ),
        ("changes the mode of the null device", _in_call("os.chmod('/dev/null', 0o666)", result="height * 3")),
        ("marks the null device", _in_call("os.setxattr(2, 'user.x', b'x')", result="height * 3")),
        ("sets the clock", _in_call("time.clock_settime(time.CLOCK_REALTIME, time.time())", result="height * 3")),
        (
            "sets the name of the host",
            _in_call(
                *("name = os.uname().nodename.encode()", _call("sethostname", "name", "len(name)")), result="height * 3"
            ),
        ),
        (
            "runs before all others",
            _in_call("os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))", result="height * 3"),
        ),
        ("makes a device", _in_call("os.mknod('disk', 0o600 | 0o060000, os.makedev(254, 0))", result="height * 3")),
        (
            "gains capabilities",
            _in_call(
                "import struct",
                "header = struct.pack('Ii', 0x20080522, 0)",
                _call("capset", "header", "b'\\xff' * 24"),
                result="height * 3",
            ),
        ),
        ("removes a message queue", _in_call(_call("msgctl", "{queue}", "0", "None"), result="height * 3")),
        (
            "sends to a socket of the host",
            _in_call(
                "ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
                "ours.sendto(b'x', '\\0{mailbox}')",
                result="height * 3",
            ),
        ),
        (
            "connects half a pair",
            _in_call(
                "ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
                "ours.connect('\\0{mailbox}')",
                "ours.send(b'x')",
                result="height * 3",
            ),
        ),
        (
            "gives all of its user the lowest priority",
            _in_call("os.setpriority(os.PRIO_USER, 0, 19)", result="height * 3"),
        ),
        ("asks for io_uring", _in_call(_call("io_uring_setup", "8", "bytes(120)"), result="height * 3")),
        ("handles faults of its memory", _in_call(_call("userfaultfd", "1"), result="height * 3")),
        ("loads a program into the kernel", _in_call(_call("bpf", "0", "bytes(128)", "128"), result="height * 3")),
        (
            "keeps a key in the kernel",
            _in_call(_call("add_key", "b'user'", "b'mine'", "b'x'", "1", "-2"), result="height * 3"),
        ),
        ("watches files", _in_call(_call("inotify_init1", "0"), result="height * 3")),
        ("changes its personality", _in_call(_call("personality", "0x0040000"), result="height * 3")),
    ],
    # each leaves something behind for the programs that run after it
    "leaves behind": [
        (
            "its files removed, its folder closed",
            _in_call("open('stdin', 'w')", "os.remove('stdin')", "os.chmod('.', 0o555)"),
        ),
        ("its folder closed", _in_call("os.chmod('.', 0)")),
        ("its folder closed by descriptor", _in_call("os.fchmod(os.open('.', os.O_RDONLY), 0)")),
        ("the folder above closed", _in_call("os.chmod('..', 0)")),
        ("a closed folder in a folder", _in_call("os.mkdir('a')", "os.mkdir('a/b', 0)", "os.mkdir('c', 0)")),
        (
            "folders closed on its way down",
            _in_call("for _ in range(50):", "    os.mkdir('a', 0o300)", "    os.chdir('a')"),
        ),
        (
            "a closed folder with files",
            _in_call("os.mkdir('a', 0o300)", "open('a/b', 'w').close()", "os.chmod('a', 0)"),
        ),
        ("folders by the names of files", _in_call("for name in 'stdin', 'stdout', 'mine':", "    os.mkdir(name)")),
        (
            "links by the names of files",
            _in_call("for name in 'stdin', 'stdout', 'mine':", "    os.symlink('/dev/null', name)"),
        ),
        ("a thousand files", _in_call("for n in range(1000): open(str(n), 'w').close()")),
        (
            "all its disk",
            _in_call("for n in range(8):", "    with open(str(n), 'wb') as file: file.write(bytes(10 << 20))"),
        ),
        (
            "a list of who may enter",
            _in_call(
                "import struct",
                "entries = [struct.pack('<HHI', tag, 0, 2**32 - 1) for tag in (1, 4, 32)]",
                "entries = struct.pack('<I', 2) + b''.join(entries)",
                "os.setxattr('.', 'system.posix_acl_default', entries)",
            ),
        ),
        ("marks on its folder", _in_call("os.setxattr('.', 'user.mark', b'x' * 1000)")),
        (
            "flags on its folder",
            _in_call(
                "import fcntl", "fcntl.ioctl(os.open('.', os.O_RDONLY), 0x40086602, (0x88).to_bytes(8, 'little'))"
            ),
        ),
        ("its folder elsewhere", _in_call("os.rename(os.getcwd(), '../elsewhere')")),
        (
            "a link in place of its folder",
            _in_call("here = os.getcwd()", "os.rmdir(here)", "os.symlink('{folder}', here)"),
        ),
        ("a file beside its folder", _in_call("open('../beside', 'w').close()")),
        ("one core for all", _in_call("os.sched_setaffinity(os.getppid(), [min(os.sched_getaffinity(0))])")),
        (
            "the last place in the queue",
            _in_call("os.sched_setscheduler(os.getppid(), os.SCHED_IDLE, os.sched_param(0))"),
        ),
        ("the lowest priority", _in_call("os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)")),
        ("the lowest priority for its group", _in_call("os.setpriority(os.PRIO_PGRP, 0, 19)")),
        ("the last place at the disk", _in_call(_call("ioprio_set", "1", "os.getppid()", "3 << 13"))),
        (
            "no descriptors",
            _in_call("import resource", "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (4, 4))"),
        ),
        (
            "no memory",
            _in_call("import resource", "resource.prlimit(os.getppid(), resource.RLIMIT_AS, (1 << 20, 1 << 20))"),
        ),
        ("a dead group", _in_call("os.kill(0, signal.SIGKILL)")),
        ("a group that stands still", _in_call("os.killpg(0, signal.SIGSTOP)")),
        ("a process that goes on writing", _in_call("if os.fork() == 0:", "    while True: open('mine', 'w').close()")),
        ("descriptors that do not wait", _in_call("for own in range(3): os.set_blocking(own, False)")),
        ("a message queue", _in_call(_call("msgget", "1234", "0o1600"))),
    ],
    # what it names is imported by nobody but itself
    "names": [
        (f"{name} in a function", f"def never():\n    import {name}\n\n\ndef rungs(height):\n    return height * 4\n")
        for name in (
            *("unittest.__main__", "venv.__main__", "json.tool", "idlelib.idle", "this", "antigravity", "__main__"),
            *(
                "ensurepip.__main__",
                "lib2to3.__main__",
                "turtledemo.__main__",
                "asyncio.__main__",
                "numpy.f2py.__main__",
            ),
            *(
                "coderm_eval.execution.sandbox.worker",
                "a.b",
                "os.path.x",
                "site",
                "pip.__main__",
                "pdb",
                "test.support",
            ),
        )
    ],
}

ATTACKS = [Attack(kind, name, program) for kind, tricks in _TRICKS.items() for name, program in tricks]
