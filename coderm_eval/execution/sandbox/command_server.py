"""A process in namespaces of its own that runs commands and keeps their files, until it ends.

    python -m coderm_eval.execution.sandbox.command_server MEMORY_MB

It reads requests from stdin and writes a reply to each to stdout, as JSON lines; bytes are in base64. Its first line is
{"ready": folder}, or {"refused": why} where the host does not allow namespaces with a filter of system calls.

    {"command": [word, ...], "input", "cwd", "environment", "seconds", "most"}
                                    {"status", "stdout", "stderr"}, or {"overstepped": "timeout" or "output"}
    {"write": path, "content"}      {}
    {"read": path, "most"}          {"content"}, or {"overstepped": "output"}: it has more than `most` bytes

{"error": [number, text, file]} stands in place of a reply where the system refused: no such file, no permission.

Each request is a child's, which has no privilege. Whatever it has started is ended with it. Files stay in a folder in
memory, which goes with the process.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coderm_eval.execution.sandbox.command_child import Children, Ended
from coderm_eval.execution.sandbox.confinement import redirect_stdio
from coderm_eval.execution.sandbox.isolation import namespaces, seccomp
from coderm_eval.execution.sandbox.isolation.levels import FULL, available
from coderm_eval.execution.sandbox.isolation.privileges import gain_nothing
from coderm_eval.execution.wire.lines import write_line

__all__ = ["main"]

_COMMANDS = tuple(map(Path, ("/bin", "/sbin", "/etc/alternatives")))
"""Where scripts look for a shell, and where links in /usr/bin lead, besides /usr."""
_NOT_FOUND = 127
"""The status of a command that does not exist, as a shell has it."""
_PATH = f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin"


def main() -> None:
    """Enter the namespaces, and answer until the requests end."""
    requests, replies = os.dup(0), os.dup(1)
    redirect_stdio()
    if (granted := "+".join(available("auto"))) != FULL:
        _send(replies, {"refused": f"this host allows only {granted}"})
        return
    user = namespaces.enter(_COMMANDS)
    folder = namespaces.new_scratch(user).path
    gain_nothing()
    seccomp.for_commands().install()
    children = Children(folder, user, int(sys.argv[1]), hidden=(requests, replies))
    _send(replies, {"ready": str(folder)})
    with os.fdopen(requests, "rb", closefd=False) as lines:
        for line in lines:
            request = json.loads(line)
            try:
                _send(replies, _answer(request, folder, children))
            except OSError as error:
                _send(replies, {"error": [error.errno, error.strerror, error.filename]})


def _send(replies: int, message: Mapping[str, Any]) -> None:
    write_line(replies, json.dumps(message).encode())


def _answer(request: Mapping[str, Any], folder: Path, children: Children) -> Mapping[str, Any]:
    if "command" in request:
        return _executed(request, folder, children)
    if "write" in request:
        path, content = folder / request["write"], base64.b64decode(request["content"])
        children.run(lambda: _write(path, content), most=0)
        return {}
    path, most = folder / request["read"], request["most"]
    found = children.run(lambda: _copy(path, most + 1), most=most)
    return {"overstepped": found.overstepped} if found.overstepped else {"content": _text(found.stdout)}


def _executed(request: Mapping[str, Any], folder: Path, children: Children) -> Mapping[str, Any]:
    words, variables = request["command"], {**_variables(folder), **request["environment"]}

    def execute() -> None:
        os.chdir(folder / request["cwd"])
        try:
            os.execvpe(words[0], words, variables)
        except FileNotFoundError:
            os.write(2, f"{words[0]}: not found\n".encode())
            os._exit(_NOT_FOUND)

    given = base64.b64decode(request["input"])
    ended: Ended = children.run(execute, given=given, seconds=request["seconds"], most=request["most"])
    if ended.overstepped:
        return {"overstepped": ended.overstepped}
    return {"status": ended.status, "stdout": _text(ended.stdout), "stderr": _text(ended.stderr)}


def _variables(folder: Path) -> dict[str, str]:
    """No variable of the user's; one thread for numpy, which would else start one for each core."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {"PATH": _PATH, "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8", **threads}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _copy(path: Path, most: int) -> None:
    """Write the first bytes of a file to the standard output."""
    with path.open("rb") as file:
        left = memoryview(file.read(most))
    while left:
        left = left[os.write(1, left) :]


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


if __name__ == "__main__":
    main()
