"""Programs that set out to pass a test that they do not satisfy, or to harm what is around them.

Each defines `rungs`, which the test below calls, and gives the right answer only where its trick has worked. A
trick is a list of lines; `{secret}`, `{folder}`, `{port}` and `{victim}` stand for a file, a folder, a listening
port and a process of the host, which no trick may read, write, reach or end. To add one, add a line.
"""

from __future__ import annotations

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
    return "\n".join(["import ctypes, gc, os, signal, socket, sys, threading, time, unittest", *lines, ""])


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
                "end = time.process_time() + 0.4",
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
    ],
}

ATTACKS = [Attack(kind, name, program) for kind, tricks in _TRICKS.items() for name, program in tricks]
