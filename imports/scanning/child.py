"""The process that reads files: it is walled in, told of one file at a time, and answers.

It is started fresh, without site packages' start-up code, and talks over a socket pair: a line of
JSON with an open file beside it in, a line of JSON out. It never imports Django.
"""

import json
import os
import resource
import socket
import sys
from pathlib import Path
from typing import Any, Final

from aegis.sandbox.walls import raise_walls
from imports.scanning import engine
from imports.scanning.limits import Limits

_LONGEST_QUESTION: Final = 64 * 1024


def main() -> None:
    """Answer for files until there are no more."""
    door = socket.socket(fileno=int(sys.argv[1]))
    limits = Limits(**json.loads(sys.argv[2]))
    walls = raise_walls(limits, tuple(map(Path, sys.argv[3:])))
    _answer(door, {"walls": walls})
    while question := _question(door):
        asked, file = question
        with os.fdopen(file, "rb") as stream:
            found = engine.scan_file(
                stream,
                path=asked["path"],
                size=asked["size"],
                sha256=asked["sha256"],
                limits=limits,
            )
        used = resource.getrusage(resource.RUSAGE_SELF)
        _answer(door, {"findings": found.to_json(), "seconds": used.ru_utime + used.ru_stime})


def _question(door: socket.socket) -> tuple[dict[str, Any], int] | None:
    """Return the next file that is asked for, open, or None at the end."""
    data, files, _, _ = socket.recv_fds(door, _LONGEST_QUESTION, 1)
    if not data:
        return None
    return json.loads(data), files[0]


def _answer(door: socket.socket, value: object) -> None:
    door.sendall(json.dumps(value).encode() + b"\n")
