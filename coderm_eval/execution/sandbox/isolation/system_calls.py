"""System calls by name, and what programs may do with them; what is not listed is refused.

Computations, threads and files of CPython 3.10 to 3.13 with numpy and pandas need no more than this. Each group says
what was left out.
"""

from __future__ import annotations

from coderm_eval.execution.sandbox.isolation.syscalls import ARCHITECTURE

__all__ = ["FOR_ALL", "FOR_SERVERS", "number_of", "numbers_of"]

_GROUPS = {
    # Contents and names. Left out: pipes and devices with names, splice and tee, watching what others do, handles in
    # place of names, the kernel's own asynchronous input and output, flushing the whole host.
    "files": """
        read 0 63, write 1 64, open 2 -1, openat 257 56, openat2 437 437, creat 85 -1, close 3 57,
        close_range 436 436, dup 32 23, dup2 33 -1, dup3 292 24, lseek 8 62, pread64 17 67, pwrite64 18 68,
        readv 19 65, writev 20 66, preadv 295 69, pwritev 296 70, preadv2 327 286, pwritev2 328 287,
        sendfile 40 71, copy_file_range 326 285, truncate 76 45, ftruncate 77 46, fallocate 285 47,
        fadvise64 221 223, fsync 74 82, fdatasync 75 83, flock 73 32, pipe 22 -1, pipe2 293 59,
        memfd_create 319 279, stat 4 -1, fstat 5 80, lstat 6 -1, newfstatat 262 79, statx 332 291, statfs 137 43,
        fstatfs 138 44, access 21 -1, faccessat 269 48, faccessat2 439 439, getxattr 191 8, lgetxattr 192 9,
        fgetxattr 193 10, listxattr 194 11, llistxattr 195 12, flistxattr 196 13, getdents 78 -1,
        getdents64 217 61, getcwd 79 17, chdir 80 49, fchdir 81 50, umask 95 166, mkdir 83 -1, mkdirat 258 34,
        rmdir 84 -1, rename 82 -1, renameat 264 38, renameat2 316 276, link 86 -1, linkat 265 37, unlink 87 -1,
        unlinkat 263 35, symlink 88 -1, symlinkat 266 36, readlink 89 -1, readlinkat 267 78
    """,
    # Nothing left out.
    "waiting": """
        poll 7 -1, ppoll 271 73, select 23 -1, pselect6 270 72, epoll_create 213 -1, epoll_create1 291 20,
        epoll_ctl 233 21, epoll_wait 232 -1, epoll_pwait 281 22, epoll_pwait2 441 441, eventfd 284 -1,
        eventfd2 290 19, timerfd_create 283 85, timerfd_settime 286 86, timerfd_gettime 287 87, signalfd 282 -1,
        signalfd4 289 74, pause 34 -1, nanosleep 35 101, clock_nanosleep 230 115, restart_syscall 219 128
    """,
    # Left out: placing memory on nodes, protection keys, faults in user space, memory of other processes.
    "memory": """
        brk 12 214, mmap 9 222, munmap 11 215, mprotect 10 226, mremap 25 216, msync 26 227, mincore 27 232,
        madvise 28 233, mlock 149 228, mlock2 325 284, munlock 150 229, membarrier 324 283
    """,
    # What libc needs for threads, and questions about scheduling. Left out: policies, classes and priorities.
    "threads": """
        futex 202 98, futex_waitv 449 449, set_tid_address 218 96, set_robust_list 273 99, rseq 334 293,
        arch_prctl 158 -1, sched_yield 24 124, sched_getaffinity 204 123, sched_getparam 143 121,
        sched_getscheduler 145 120, sched_getattr 315 275, sched_get_priority_max 146 125,
        sched_get_priority_min 147 126, sched_rr_get_interval 148 127, getpriority 140 141, getcpu 309 168
    """,
    # Questions about itself and its children, and its own limits.
    "itself": """
        getpid 39 172, getppid 110 173, gettid 186 178, getpgid 121 155, getpgrp 111 -1, getsid 124 156,
        getuid 102 174, geteuid 107 175, getresuid 118 148, getgid 104 176, getegid 108 177, getresgid 120 150,
        getgroups 115 158, setsid 112 157, setpgid 109 154, capget 125 90, getrlimit 97 163, setrlimit 160 164,
        getrusage 98 165, times 100 153, uname 63 160, sysinfo 99 179, exit 60 93, exit_group 231 94,
        wait4 61 260, waitid 247 95, pidfd_open 434 434
    """,
    # Receiving them. Left out: sending one with a value, or by descriptor.
    "signals": """
        rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, rt_sigpending 127 136,
        rt_sigtimedwait 128 137, rt_sigsuspend 130 133, sigaltstack 131 132, alarm 37 -1, getitimer 36 102,
        setitimer 38 103, timer_create 222 107, timer_settime 223 110, timer_gettime 224 108,
        timer_getoverrun 225 109, timer_delete 226 111
    """,
    # Reading them. Left out: setting them.
    "clocks": """
        time 201 -1, gettimeofday 96 169, clock_gettime 228 113, clock_getres 229 114, getrandom 318 278
    """,
    # What asyncio does with its pair of sockets. Left out: socket, connect, bind, listen, accept, setting options.
    "pairs": """
        sendmsg 46 211, recvfrom 45 207, recvmsg 47 212, shutdown 48 210, getsockname 51 204, getpeername 52 205,
        getsockopt 55 209
    """,
    # Modes, owners, times and attributes of files, which Landlock does not cover.
    "attributes": """
        chmod 90 -1, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452, chown 92 -1, fchown 93 55, lchown 94 -1,
        fchownat 260 54, utime 132 -1, utimes 235 -1, futimesat 261 -1, utimensat 280 88, setxattr 188 5,
        lsetxattr 189 6, fsetxattr 190 7, removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16
    """,
    # Starting processes, and signalling any.
    "processes": """
        fork 57 -1, vfork 58 -1, tkill 200 130
    """,
    # Giving up what root may do, and the folders of programs.
    "privileges": """
        setresuid 117 147, setresgid 119 149, setgroups 116 159, capset 126 91, mount 165 40, umount2 166 39
    """,
    # Starting a file as a process, which a program has no use for.
    "commands": """
        execve 59 221, execveat 322 281
    """,
    # Allowed with some arguments only; see `seccomp`.
    "with conditions": """
        clone 56 220, clone3 435 435, kill 62 129, tgkill 234 131, prlimit64 302 261, sched_setaffinity 203 122,
        setpriority 141 140, fcntl 72 25, ioctl 16 29, prctl 157 167, socketpair 53 199, sendto 44 206
    """,
}
"""name, number on x86_64, number on aarch64; -1 where the call does not exist."""

FOR_ALL = ("files", "waiting", "memory", "threads", "itself", "signals", "clocks", "pairs")
FOR_SERVERS = ("attributes", "processes", "privileges")
"""What a fork server needs as well; so may a program that is alone in its namespaces."""


def _numbers() -> dict[str, dict[str, int]]:
    column = 2 if ARCHITECTURE == "aarch64" else 1
    rows = {group: [row.split() for row in text.split(",")] for group, text in _GROUPS.items()}
    return {group: {row[0]: int(row[column]) for row in found} for group, found in rows.items()}


_NUMBERS = _numbers()


def numbers_of(*groups: str) -> list[int]:
    """Return the numbers of all calls of these groups on this machine, sorted."""
    return sorted(number for group in groups for number in _NUMBERS[group].values() if number >= 0)


def number_of(name: str) -> int:
    """Return the number of a call with conditions."""
    return _NUMBERS["with conditions"][name]
