"""Commands in a sandbox of their own: what they may do, what they may not, and that nothing is left of them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest
from helpers.other_hosts import FORBIDS, HAS_OWN_TMP, on, skip_unless
from helpers.paths import ROOT
from helpers.processes import our_processes, soon

from coderm_eval.execution.backends.commands import CommandSandbox, OutputTooLongError, SandboxGoneError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

MOST = 10_000


@pytest.fixture(scope="module")
def sandbox() -> Iterator[CommandSandbox]:
    with CommandSandbox() as started:
        yield started


def python(sandbox: CommandSandbox, source: str) -> str:
    done = sandbox.execute(["python3", "-"], given=source.encode(), most=MOST)
    assert done.status == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def test_a_command_finds_what_the_one_before_has_written(sandbox: CommandSandbox) -> None:
    sandbox.write("deep/tide.py", b"HEIGHT = 42\n")
    python(sandbox, "import sys; sys.path.append('deep'); import tide; open('out', 'w').write(str(tide.HEIGHT))")
    assert sandbox.read("out", most=MOST) == b"42"
    if HAS_OWN_TMP:
        assert sandbox.execute(["/bin/sh", "-c", "cat out /tmp/out"], most=MOST).stdout == b"4242"


REFUSED = [
    ("a socket", "import socket; socket.socket()", "PermissionError"),
    ("a name on the network", "import socket; socket.getaddrinfo('example.org', 80)", "gaierror"),
    ("the user's files", f"open({str(ROOT / 'README.md')!r})", "FileNotFoundError"),
    ("the accounts", "open('/etc/passwd')", "FileNotFoundError"),
    ("other processes", "import os; os.listdir('/proc')", "FileNotFoundError"),
    ("a change of the interpreter", "import os; open(os.__file__, 'a')", "Error: [Errno "),
    ("this package, with gold tests", "import coderm_eval.benchmarks.demo", "ModuleNotFoundError"),
    ("to become root", "import os; os.setuid(0)", "PermissionError"),
    ("to signal the sandbox", "import os; os.kill(1, 9)", "PermissionError"),
    ("namespaces of its own", "import os, ctypes; assert ctypes.CDLL(None).unshare(0x10000000) == 0", "AssertionError"),
    ("a long file", "open('long', 'wb').write(bytes(80 << 20))", "OSError"),
    ("all memory", "bytearray(8 << 30)", "MemoryError"),
    (
        "a hundred processes",
        "import os, time; [os.fork() or time.sleep(60) for _ in range(100)]",
        "BlockingIOError",
    ),
]


@pytest.mark.parametrize(("what", "source", "error"), REFUSED, ids=[what for what, _, _ in REFUSED])
def test_it_is_refused(sandbox: CommandSandbox, what: str, source: str, error: str) -> None:
    done = sandbox.execute(["python3", "-c", source], most=MOST)
    assert done.status != 0
    assert error in done.stderr.decode().splitlines()[-1]


def test_no_variable_of_the_user_is_seen(sandbox: CommandSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with CommandSandbox() as another:
        assert "secret" not in another.execute(["env"], most=MOST).stdout.decode()


def test_what_a_command_leaves_running_is_ended_with_it(sandbox: CommandSandbox) -> None:
    """The second command would find the file."""
    sandbox.execute(["sh", "-c", "(while :; do date > left; done) & echo"], most=MOST)
    sandbox.execute(["rm", "-f", "left"], most=MOST)
    assert "left" not in sandbox.execute(["ls"], most=MOST).stdout.decode()


def test_a_command_is_ended_for_its_time_and_the_next_one_runs(sandbox: CommandSandbox) -> None:
    with pytest.raises(TimeoutError, match=r"ended after 0\.5 s"):
        sandbox.execute(["python3", "-c", "while True: pass"], most=MOST, seconds=0.5)
    assert python(sandbox, "print(1)") == "1"


def test_a_command_is_ended_for_its_output_and_the_next_one_runs(sandbox: CommandSandbox) -> None:
    with pytest.raises(OutputTooLongError):
        sandbox.execute(["yes"], most=MOST)
    assert python(sandbox, "print(1)") == "1"


def test_a_command_that_reads_nothing_gets_much(sandbox: CommandSandbox) -> None:
    assert sandbox.execute(["true"], given=bytes(1 << 20), most=MOST).status == 0


NOT_STARTED = [
    (["nosuch"], "", 127),
    (["/bin/nosuch", "x"], "", 127),
]


@pytest.mark.parametrize(("command", "cwd", "status"), NOT_STARTED)
def test_a_command_that_does_not_exist_is_a_status(
    sandbox: CommandSandbox, command: list[str], cwd: str, status: int
) -> None:
    done = sandbox.execute(command, cwd=cwd, most=MOST)
    assert (done.status, done.stderr) == (status, f"{command[0]}: not found\n".encode())


def test_a_folder_that_does_not_exist_is_named(sandbox: CommandSandbox) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        sandbox.execute(["ls"], cwd="nowhere", most=MOST)


def test_many_threads_take_turns(sandbox: CommandSandbox) -> None:
    found: dict[int, str] = {}

    def ask(number: int) -> None:
        found[number] = python(sandbox, f"print({number})")

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: str(number) for number in range(8)}


def test_closing_ends_a_command_in_progress_and_leaves_no_process() -> None:
    before = our_processes()
    sandbox = CommandSandbox()
    errors: list[Exception] = []

    def wait() -> None:
        try:
            sandbox.execute(["sh", "-c", "touch begun; sleep 1000"], most=MOST)
        except SandboxGoneError as error:
            errors.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    sandbox.close()
    thread.join()
    assert [str(error) for error in errors] == ["the sandbox was closed, or does not answer"]
    with pytest.raises(SandboxGoneError):
        sandbox.execute(["true"], most=MOST)
    assert soon(lambda: our_processes() <= before)


def test_a_host_without_namespaces_is_told_in_a_sentence() -> None:
    _, unshare, first, level = FORBIDS
    skip_unless(unshare, first)
    source = "from coderm_eval.execution.backends.commands import CommandSandbox\nCommandSandbox()\n"
    done = on(unshare, first, "-c", source)
    last = done.stderr.splitlines()[-1]
    assert f"user namespaces and seccomp, but this host allows only {level}; run on a Linux host" in last
