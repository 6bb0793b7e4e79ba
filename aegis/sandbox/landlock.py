"""What a process may open, by Landlock (Linux 5.13 and newer): reading here, and nothing else.

A process behind it reads neither other people's files nor the environment of other processes,
changes nothing but in a folder that it is given, and connects to no port, whoever its user is.
"""

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

# linux/landlock.h; the numbers of the calls are the same on all machines.
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_CREATE_RULESET_VERSION: Final = 1
_RULE_PATH_BENEATH: Final = 1
_READ_FILE: Final = 1 << 2
_READ_FOLDER: Final = 1 << 3
# To write, make, move, cut and remove files and folders; no link, pipe or device.
_CHANGE: Final = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 13 | 1 << 14
# How many rights over files each version of the interface knows, the first one's first.
_RIGHTS: Final = (13, 14, 15, 15, 16)
_NETWORK_SINCE: Final = 4
_SCOPES_SINCE: Final = 6
_BIND_AND_CONNECT: Final = 0b11
_SOCKETS_AND_SIGNALS: Final = 0b11


def allow_reading_only(places: Iterable[Path], *, but: Path | None = None) -> bool:
    """Let this process open ``places``, and what lies below them, for reading; say if it holds.

    In the folder ``but`` it may change files, too. Places that are not there are passed over. It
    needs ``no_new_privs``, and cannot be undone.
    """
    if sys.platform != "linux":
        return False
    call = ctypes.CDLL(None, use_errno=True).syscall
    version = call(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    if version < 1:
        return False
    known = (1 << _RIGHTS[min(version, len(_RIGHTS)) - 1]) - 1
    asked = _ruleset(version, known)
    rules = call(_CREATE_RULESET, ctypes.create_string_buffer(asked, len(asked)), len(asked), 0)
    if rules < 0:
        return False
    try:
        for place in places:
            _allow(rules, place)
        if but is not None:
            _allow(rules, but, further=_CHANGE & known)
        return bool(call(_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)


def _ruleset(version: int, files: int) -> bytes:
    """Return ``struct landlock_ruleset_attr``: every right that this kernel can take away."""
    fields = [files]
    if version >= _NETWORK_SINCE:
        fields.append(_BIND_AND_CONNECT)
    if version >= _SCOPES_SINCE:
        fields.append(_SOCKETS_AND_SIGNALS)
    return struct.pack(f"{len(fields)}Q", *fields)


def _allow(rules: int, place: Path, *, further: int = 0) -> None:
    try:
        file = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        is_folder = stat.S_ISDIR(os.fstat(file).st_mode)
        rights = _READ_FILE | _READ_FOLDER | further if is_folder else _READ_FILE
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, file), 12)
        call = ctypes.CDLL(None, use_errno=True).syscall
        if call(_ADD_RULE, rules, _RULE_PATH_BENEATH, rule, 0) != 0:
            raise OSError(ctypes.get_errno(), "No rule of Landlock can be made", str(place))
    finally:
        os.close(file)
