"""The filter of system calls (seccomp): no sockets, no programs, no changed folders.

Linux on x86-64 and 64-bit ARM only.
"""

import ctypes
import os
import platform
import struct
import sys
from typing import Final

_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2

# linux/audit.h, and the numbers of the calls that nothing which only reads needs.
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
# What a process needs besides that may change a folder.
_OF_FILES: Final = frozenset(
    {
        "chmod", "creat", "fchmodat", "mkdir", "mkdirat", "rename", "renameat", "renameat2",
        "truncate", "unlink", "unlinkat",
    }
)  # fmt: skip
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


def refuse_calls(*, writes: bool = False) -> bool:
    """Refuse this process, for good, the calls that nothing which only reads needs.

    One that ``writes`` may change files.
    """
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _CALLS:
        return False
    program = _filter(machine, writes=writes)
    buffer = ctypes.create_string_buffer(program, len(program))
    count = len(program) // 8
    described = struct.pack("HxxxxxxP", count, ctypes.addressof(buffer))
    argument = ctypes.create_string_buffer(described, len(described))
    address = ctypes.c_void_p(ctypes.addressof(argument))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return bool(prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, address, 0, 0) == 0)


def _filter(machine: str, *, writes: bool) -> bytes:
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
    needed = _OF_FILES if writes else frozenset()
    for number in sorted(number for name, number in calls.items() if name not in needed):
        code += [(equal, 0, 1, number), (answer, 0, 0, _REFUSE)]
    for number in (_CLONE3, _OPENAT2):
        code += [(equal, 0, 1, number), (answer, 0, 0, _REFUSE_AS_MISSING)]
    for number, argument in () if writes else _OPENS[machine]:
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
