"""A process in user, mount, pid, network, IPC and host name namespaces of its own, with a private root.

It and its children see the interpreter and its packages, read-only; three harmless devices; and an empty folder in
memory, which is /tmp as well. They see no network interface, no other process and no file of the user's. It is the
first process of its pid namespace: killing it kills everything in there.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import struct
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from coderm_eval.execution.package_folder import PACKAGE
from coderm_eval.execution.sandbox.isolation.privileges import NOBODY, is_open_to_all
from coderm_eval.execution.sandbox.isolation.reaping import continue_in_child, reap
from coderm_eval.execution.sandbox.isolation.scratch import Scratch
from coderm_eval.execution.sandbox.isolation.syscalls import ARCHITECTURE, syscall

__all__ = ["enter", "new_scratch", "readable_paths"]

_SCRATCH = Path("/coderm-scratch")
"""The one folder that can be written to, in memory. Unlike /tmp, no host has its interpreter in there."""

_SCRATCH_LIMITS = "size=64m,nr_inodes=1k,mode=700"
"""A program that writes more finds its disk full; 1,024 files are gone again in about 10 ms."""

_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET."""

_NUMBERS = {
    "x86_64": {"mount": 165, "umount2": 166, "pivot_root": 155, "unshare": 272, "mount_setattr": 442},
    "aarch64": {"mount": 40, "umount2": 39, "pivot_root": 41, "unshare": 97, "mount_setattr": 442},
}

_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
_MNT_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_READ_ONLY, _NOSUID, _NODEV = 0x1, 0x2, 0x4
"""Attributes of mounts."""
_HELPER_S = 60
"""For one write to /proc, on however busy a machine."""

_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache")
_DEVICES = (Path("/dev/null"), Path("/dev/zero"), Path("/dev/urandom"))
_NEW_ROOT = "/proc"
"""Where the new root is mounted: it exists everywhere, and nothing that is bound is below it."""
_OLD_ROOT = Path("/old")
_TMP = Path("/tmp")


def enter(also: Sequence[Path] = ()) -> int | None:
    """Return in the first process of new namespaces; this process waits for it, and ends when it does.

    Args:
        also: what can be read besides, where it exists; none is below another or below `readable_paths`.

    Returns:
        The user that a child can become so that its number of processes can be limited, which root's cannot be. None
        if this is an ordinary user already, or if no other can read the interpreter.

    Raises:
        OSError: the host refuses a step; this process is then of no further use.
    """
    user, group = os.getuid(), os.getgid()
    readable = [*readable_paths(), *(path for path in also if path.exists())]
    nobody = NOBODY if user == 0 and all(map(is_open_to_all, readable)) else None
    if user == 0:
        with contextlib.suppress(OSError):  # not root's to do where it is root of a namespace only
            os.setgroups([])
    with _mapper(user, group, nobody) as map_ids:
        _call("unshare", _NAMESPACES)
        if not map_ids():
            nobody = None
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    continue_in_child()
    _change_root(Path(_NEW_ROOT), readable)
    return nobody


@contextlib.contextmanager
def _mapper(user: int, group: int, nobody: int | None) -> Iterator[Callable[[], bool]]:
    """Provide a function that maps both users and their groups into this process's new namespace, if it can.

    A process may map itself only, so one that stays outside has to do it.
    """
    if nobody is None:
        yield lambda: False
        return
    waiting, go = os.pipe()
    helper = os.fork()
    if helper == 0:
        os.close(go)
        os.read(waiting, 1)
        with contextlib.suppress(OSError):
            for name, own in (("gid_map", group), ("uid_map", user)):
                Path(f"/proc/{os.getppid()}/{name}").write_text(f"{own} {own} 1\n{nobody} {nobody} 1\n")
            os._exit(0)
        os._exit(1)
    os.close(waiting)

    def map_ids() -> bool:
        os.write(go, b"!")
        return reap(helper, _HELPER_S) == 0

    yield map_ids
    os.close(go)


@functools.cache
def readable_paths() -> tuple[Path, ...]:
    """Return what holds the interpreter, its packages and the system's libraries; none is below another."""
    packages = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    wanted = [Path(path) for path in (*_SYSTEM, sys.prefix, sys.base_prefix, *packages)]
    found = sorted({path for path in wanted if path.exists()}, key=lambda path: len(path.parts))
    return tuple(path for n, path in enumerate(found) if not any(path.is_relative_to(above) for above in found[:n]))


def new_scratch(user: int | None) -> Scratch:
    """Return a folder in memory for the programs of `user`, or of this process's: a file system of its own.

    What a program leaves goes with the file system, however it looks.
    """
    owner = f",uid={user},gid={user}" if user is not None else ""

    def mount() -> None:
        _mount_tmpfs(_SCRATCH, _SCRATCH_LIMITS + owner)

    def replace() -> None:
        _call("umount2", os.fsencode(_SCRATCH), _MNT_DETACH)
        mount()

    mount()
    return Scratch(_SCRATCH, replace)


def _change_root(root: Path, readable: Collection[Path]) -> None:
    _call("mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
    _mount_tmpfs(root, "size=1m,mode=755")
    for path in readable:
        _bind(path, root)
        real = path.resolve()
        if PACKAGE.is_relative_to(real):
            # it holds the gold tests of the demo
            _mount_tmpfs(_below(root, path / PACKAGE.relative_to(real)), "size=4k,mode=755")
    for folder in (_SCRATCH, _OLD_ROOT):
        _below(root, folder).mkdir(parents=True, exist_ok=True)
    if not any(path.is_relative_to(_TMP) for path in readable):
        _below(root, _TMP).symlink_to(_SCRATCH)
    for device in _DEVICES:
        _make_target(device, _below(root, device))
    _set_mount_attributes(root, _READ_ONLY | _NOSUID | _NODEV)
    for device in _DEVICES:
        _call("mount", os.fsencode(device), os.fsencode(_below(root, device)), None, _MS_BIND, None)
        _set_mount_attributes(_below(root, device), _READ_ONLY | _NOSUID)  # it can be written to, and not changed
    _call("pivot_root", os.fsencode(root), os.fsencode(_below(root, _OLD_ROOT)))
    os.chdir("/")
    _call("umount2", os.fsencode(_OLD_ROOT), _MNT_DETACH)


def _below(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")


def _mount_tmpfs(where: Path, options: str) -> None:
    _call("mount", b"tmpfs", os.fsencode(where), b"tmpfs", _MS_NOSUID | _MS_NODEV, options.encode())


def _bind(path: Path, root: Path) -> None:
    target = _below(root, path)
    _make_target(path, target)
    _call("mount", os.fsencode(path), os.fsencode(target), None, _MS_BIND | _MS_REC, None)


def _make_target(path: Path, target: Path) -> None:
    """Make something of the same kind as `path` to mount it on."""
    if path.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()


def _set_mount_attributes(root: Path, attributes: int) -> None:
    """Set attributes of the mount `root` and of every mount below it."""
    packed = struct.pack("=QQQQ", attributes, 0, 0, 0)  # struct mount_attr
    _call("mount_setattr", _AT_FDCWD, os.fsencode(root), _AT_RECURSIVE, packed, len(packed))


def _call(name: str, *arguments: object) -> None:
    if ARCHITECTURE is None:
        raise OSError(errno.ENOSYS, "no namespaces on this kind of machine")
    syscall(_NUMBERS[ARCHITECTURE][name], *arguments)
