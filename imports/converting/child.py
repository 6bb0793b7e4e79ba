"""The process that converts a model: it is walled in, converts once, and says how that ended.

It reads what is given, writes what is made, and answers with lines of JSON. It never imports
Django.
"""

import json
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import Any, Final

from aegis.converters.protocol import CannotConvert, Given, ModelFile
from aegis.sandbox.walls import raise_walls
from imports.converting.known import make
from imports.converting.limits import Limits

GIVEN: Final = "given"
MADE: Final = "made"
# Libraries want a folder for what they need for a while, and it may write to no other.
_SCRATCH: Final = ".scratch"
_LONGEST: Final = 1000


def main() -> None:
    """Raise the walls, convert, and answer."""
    door = socket.socket(fileno=int(sys.argv[1]))
    task = json.loads(sys.argv[2])
    sys.path += [each for each in task["code"] if each not in sys.path]
    limits = Limits(**task["limits"])
    room = Path(task["room"])
    walls = raise_walls(
        limits,
        (*map(Path, task["code"]), room),
        reads=(*map(Path, task["reads"]), room / GIVEN),
        may_thread=True,
        room=room / MADE,
        room_bytes=limits.file_bytes,
    )
    _answer(door, {"walls": walls})
    # It waits to be told that these walls are enough.
    if door.recv(1):
        _answer(door, _ended(task, room))
    # What libraries leave running ends here.
    os._exit(0)


def _ended(task: dict[str, Any], room: Path) -> dict[str, Any]:
    files = tuple(ModelFile(**{**one, "globals": tuple(one["globals"])}) for one in task["files"])
    scratch = room / MADE / _SCRATCH
    try:
        scratch.mkdir()
        os.environ["TMPDIR"] = str(scratch)
        make(task["converter"]).convert(Given(room / GIVEN, files, task["example"]), room / MADE)
        shutil.rmtree(scratch)
    except CannotConvert as cannot:
        return {"cannot": str(cannot)[:_LONGEST]}
    except MemoryError:
        return {"broke": "it needs more memory than a conversion may take"}
    except BaseException as error:  # noqa: BLE001 - whatever it is, the conversion failed of it.
        said = " ".join(str(error).replace(f"{room}{os.sep}", "").split())
        return {"broke": f"{type(error).__name__}: {said}"[:_LONGEST]}
    return {"made": True}


def _answer(door: socket.socket, value: object) -> None:
    door.sendall(json.dumps(value).encode() + b"\n")
