"""The walls around a process that touches others' files: raised by itself, before it does.

Each wall that cannot be raised on a machine is left out of what is reported, so that a report
never claims one. Linux only: elsewhere there are the resource limits.
"""

import contextlib
import ctypes
import os
import resource
import signal
import stat
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from aegis.sandbox.calls import refuse_calls
from aegis.sandbox.landlock import allow_reading_only

# linux/capability.h: the third version of the call, and CAP_DAC_READ_SEARCH.
_CAPABILITIES_3: Final = 0x20080522
_CAN_READ: Final = 1 << 2
_FOR_ALL: Final = stat.S_IROTH | stat.S_IXOTH
_NOBODY: Final = 65_534
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000


class Bounds(Protocol):
    """What a process may use."""

    @property
    def memory_bytes(self) -> int:
        """Address space."""

    @property
    def cpu_seconds(self) -> int:
        """Processor time of all its threads together."""

    @property
    def open_files(self) -> int:
        """Files that are open at once."""


def raise_walls(
    limits: Bounds,
    readable: tuple[Path, ...],
    *,
    reads: tuple[Path, ...] = (),
    may_thread: bool = False,
    room: Path | None = None,
    room_bytes: int = 0,
) -> tuple[str, ...]:
    """Wall this process in, and return the names of the walls that stand.

    ``readable`` are the folders that it still has to read: it gives up root only where everybody
    may read them. With ``reads`` nothing outside of these files and folders can be opened at all.
    ``may_thread`` leaves the limit of processes away, which the kernel counts threads against;
    the filter of calls refuses further processes still. ``room`` is the one folder that it may
    change, if any, with files of at most ``room_bytes``.
    """
    walls: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("network", _leave_network),
        ("user", lambda: _become_nobody(readable)),
        # A change of user would undo it.
        ("parent", lambda: _control(_PR_SET_PDEATHSIG, signal.SIGKILL)),
        ("memory", lambda: _limit(resource.RLIMIT_AS, limits.memory_bytes)),
        ("processor", lambda: _limit(resource.RLIMIT_CPU, limits.cpu_seconds)),
        ("writing", lambda: _limit(resource.RLIMIT_FSIZE, room_bytes)),
        ("files", lambda: _limit(resource.RLIMIT_NOFILE, limits.open_files)),
        ("processes", lambda: not may_thread and _limit_processes()),
        ("core", lambda: _limit(resource.RLIMIT_CORE, 0)),
        ("privileges", lambda: _control(_PR_SET_NO_NEW_PRIVS, 1)),
        ("capabilities", _drop_capabilities),
        ("dumps", lambda: _control(_PR_SET_DUMPABLE, 0)),
        ("reading", lambda: bool(reads) and allow_reading_only(reads, but=room)),
        ("calls", lambda: refuse_calls(writes=room is not None)),
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
