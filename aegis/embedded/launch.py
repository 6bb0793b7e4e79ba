"""Become the process that a server shall be, then run it.

Runs as a script of its own, so that nothing happens between fork and exec in a process with
threads:

    python -I -S launch.py KIND UID GID SIGNAL PARENT [--reach FOLDER] COMMAND...

KIND is ``self``, ``user`` (drop to UID and GID) or ``mapped`` (a user namespace in which root
is UID). SIGNAL is sent to the process when PARENT dies. With ``--reach`` the script only
tells, by its exit code, whether the process could enter FOLDER and run COMMAND.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def drop(uid: int, gid: int) -> None:
    """Give up root for good."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def map_user(libc: ctypes.CDLL, uid: int, gid: int) -> None:
    """Enter a user namespace in which the present user is ``uid`` and has no powers of root."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1")


def die_with(libc: ctypes.CDLL, parent: int, signal: int) -> None:
    """Ask the kernel for ``signal`` when the parent dies; a change of user would undo it."""
    libc.prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("The process that started this one has ended.")


def main(arguments: list[str]) -> None:
    """Read the arguments, become the process and run the command."""
    kind, uid, gid, signal, parent = arguments[0], *map(int, arguments[1:5])
    command = arguments[5:]
    reach = command[1] if command[0] == "--reach" else None
    libc = ctypes.CDLL(None, use_errno=True)
    if kind == "user":
        drop(uid, gid)
    elif kind == "mapped":
        map_user(libc, uid, gid)
    if sys.platform == "linux":
        die_with(libc, parent, signal)
    if reach is not None:
        command = command[2:]
        if not os.access(reach, os.X_OK) or not os.access(command[0], os.X_OK):
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 -- Its caller is our own code.


if __name__ == "__main__":
    main(sys.argv[1:])
