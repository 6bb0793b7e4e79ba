"""The walls around the process that reads files: raised by that process itself, before it reads.

Each wall that cannot be raised on a machine is left out of what is reported, so that a report
never claims one. Linux only: elsewhere there are the resource limits.
"""

import contextlib
import ctypes
import os
import platform
import resource
import signal
import stat
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from imports.scanning.limits import Limits

# linux/capability.h: the third version of the call, and CAP_DAC_READ_SEARCH.
_CAPABILITIES_3: Final = 0x20080522
_CAN_READ: Final = 1 << 2
_FOR_ALL: Final = stat.S_IROTH | stat.S_IXOTH
_NOBODY: Final = 65_534
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000

# linux/audit.h, and the numbers of the calls that nothing which reads a file needs.
_CALLS: Final[dict[str, tuple[int, dict[str, int]]]] = {
    "x86_64": (
        0xC000003E,
        {
            "socket": 41, "connect": 42, "bind": 49, "listen": 50, "fork": 57,
            "vfork": 58, "execve": 59, "kill": 62, "truncate": 76, "rename": 82,
            "mkdir": 83, "creat": 85, "unlink": 87, "chmod": 90, "ptrace": 101, "mount": 165,
            "tkill": 200, "tgkill": 234, "mkdirat": 258,
            "unlinkat": 263, "renameat": 264, "unshare": 272, "perf_event_open": 298,
            "setns": 308, "process_vm_writev": 311, "renameat2": 316, "bpf": 321, "execveat": 322,
            "io_uring_setup": 425, "pidfd_open": 434,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "mkdirat": 34, "truncate": 45, "unlinkat": 35, "renameat": 38, "mount": 40,
            "fchmodat": 53, "unshare": 97, "ptrace": 117, "kill": 129, "tkill": 130, "tgkill": 131,
            "socket": 198, "bind": 200, "listen": 201, "connect": 203, "execve": 221,
            "perf_event_open": 241, "setns": 268, "process_vm_writev": 271, "renameat2": 276,
            "bpf": 280, "execveat": 281, "io_uring_setup": 425, "pidfd_open": 434,
        },
    ),
}  # fmt: skip
# Where the flags of open stand among its arguments, and those that write, make or empty a file.
_OPENS: Final = {"x86_64": ((2, 1), (257, 2)), "aarch64": ((56, 2),)}
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_CLONE: Final = {"x86_64": 56, "aarch64": 220}
_CLONE_THREAD: Final = 0x00010000
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050001  # With EPERM.
_KILL: Final = 0x80000000
_CLONE3: Final = 435
_OPENAT2: Final = 437
_REFUSE_AS_MISSING: Final = 0x00050026  # With ENOSYS, upon which libc falls back to clone.


def raise_walls(limits: Limits, readable: tuple[Path, ...]) -> tuple[str, ...]:
    """Wall this process in, and return the names of the walls that stand.

    ``readable`` are the folders that it still has to read its own code from: it gives up root only
    where everybody may read them.
    """
    walls: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("network", _leave_network),
        ("user", lambda: _become_nobody(readable)),
        # A change of user would undo it.
        ("parent", lambda: _control(_PR_SET_PDEATHSIG, signal.SIGKILL)),
        ("memory", lambda: _limit(resource.RLIMIT_AS, limits.memory_bytes)),
        ("processor", lambda: _limit(resource.RLIMIT_CPU, limits.cpu_seconds)),
        ("writing", lambda: _limit(resource.RLIMIT_FSIZE, 0)),
        ("files", lambda: _limit(resource.RLIMIT_NOFILE, limits.open_files)),
        ("processes", _limit_processes),
        ("core", lambda: _limit(resource.RLIMIT_CORE, 0)),
        ("privileges", lambda: _control(_PR_SET_NO_NEW_PRIVS, 1)),
        ("capabilities", _drop_capabilities),
        ("dumps", lambda: _control(_PR_SET_DUMPABLE, 0)),
        ("calls", _refuse_calls),
    )
    return tuple(name for name, build in walls if _stands(build))


def _stands(build: Callable[[], bool]) -> bool:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return build()
    return False


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _control(option: int, value: int) -> bool:
    return bool(sys.platform == "linux" and _libc().prctl(option, value, 0, 0, 0) == 0)


def _limit(kind: int, value: int) -> bool:
    resource.setrlimit(kind, (value, value))
    return True


def _limit_processes() -> bool:
    """Allow no further process, which the kernel keeps for all but root."""
    return _limit(resource.RLIMIT_NPROC, 0) and os.getuid() != 0


def _leave_network() -> bool:
    """Move to a network of its own, which is empty; without root in a user namespace of its own."""
    if sys.platform != "linux":
        return False
    unshare = _libc().unshare
    return bool(unshare(_CLONE_NEWNET) == 0 or unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def _become_nobody(readable: tuple[Path, ...]) -> bool:
    if os.getuid() != 0:
        return True
    # Modules and codecs of Python itself are read when they are first needed, too.
    if not all(map(_is_public, (*readable, Path(os.__file__).parent))):
        return False
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    return True


def _is_public(folder: Path) -> bool:
    return all(each.stat().st_mode & _FOR_ALL == _FOR_ALL for each in (folder, *folder.parents))


def _drop_capabilities() -> bool:
    """Keep none of root's powers; where it had to stay root, reading its own code is left."""
    kept = _CAN_READ if os.getuid() == 0 else 0
    header = ctypes.create_string_buffer(struct.pack("II", _CAPABILITIES_3, 0))
    data = ctypes.create_string_buffer(struct.pack("6I", kept, kept, 0, 0, 0, 0))
    return bool(sys.platform == "linux" and _libc().capset(header, data) == 0)


def _refuse_calls() -> bool:
    """Refuse system calls by a filter (seccomp): no sockets, no programs, no changed folders."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _CALLS:
        return False
    program = _filter(machine)
    buffer = ctypes.create_string_buffer(program, len(program))
    count = len(program) // 8
    described = struct.pack("HxxxxxxP", count, ctypes.addressof(buffer))
    argument = ctypes.create_string_buffer(described, len(described))
    address = ctypes.c_void_p(ctypes.addressof(argument))
    return bool(_libc().prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, address, 0, 0) == 0)


def _filter(machine: str) -> bytes:
    """Return a classic BPF program over ``struct seccomp_data``: number at 0, machine at 4."""
    audit, calls = _CALLS[machine]
    load, equal, at_least, bits, answer = 0x20, 0x15, 0x35, 0x45, 0x06
    code = [
        (load, 0, 0, 4),
        (equal, 1, 0, audit),
        (answer, 0, 0, _KILL),
        (load, 0, 0, 0),
        # Numbers of the x32 kind are other doors to the same calls.
        (at_least, 0, 1, 0x40000000),
        (answer, 0, 0, _KILL),
    ]
    for number in sorted(calls.values()):
        code += [(equal, 0, 1, number), (answer, 0, 0, _REFUSE)]
    for number in (_CLONE3, _OPENAT2):
        code += [(equal, 0, 1, number), (answer, 0, 0, _REFUSE_AS_MISSING)]
    for number, argument in _OPENS[machine]:
        code += [
            (equal, 0, 4, number),
            (load, 0, 0, 16 + 8 * argument),
            (bits, 0, 1, _WRITES),
            (answer, 0, 0, _REFUSE),
            (answer, 0, 0, _ALLOW),
        ]
    # A thread may begin, a process may not: the flags are clone's first argument, at 16.
    code += [
        (equal, 0, 3, _CLONE[machine]),
        (load, 0, 0, 16),
        (bits, 1, 0, _CLONE_THREAD),
        (answer, 0, 0, _REFUSE),
        (answer, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *each) for each in code)
