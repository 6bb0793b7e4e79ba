"""The process that loads: it walls itself in, loads one model, predicts, and says what came out.

It talks over a socket pair: a line of JSON with the bytes of arrays behind it, each way. Whatever
the model does here, it is believed no more than a model is.
"""

import errno
import json
import os
import socket
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from aegis.loading.bounds import Limits
from aegis.loading.flavours import flavour_of
from aegis.loading.protocol import Arrays, Loaded
from aegis.sandbox.walls import raise_walls

_LONGEST: Final = 500
_MOST_NOTICES: Final = 10
_WALLED: Final = frozenset({errno.EPERM, errno.EACCES})
_OF_DEVELOPERS: Final = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)


def main() -> None:
    """Raise the walls, do what is asked for once, and end."""
    door = socket.socket(fileno=int(sys.argv[1]))
    asked = json.loads(sys.argv[2])
    # Libraries that can draw import it, and it wants a folder to write to. No model draws.
    sys.modules["matplotlib"] = None  # type: ignore[assignment]  # Python's sign for "not there".
    # Where there is a compiler, ctypes would write a program for it, to find a library.
    os.environ["PATH"] = "/nonexistent"
    # joblib would try to start processes, and warn that it may not.
    os.environ["JOBLIB_MULTIPROCESSING"] = "0"
    # PyTorch makes a folder for what it compiles when it is imported; one that is there will do.
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = "/"
    sys.path += [each for each in asked["path"] if each not in sys.path]
    walls = raise_walls(
        Limits(**asked["limits"]),
        tuple(map(Path, asked["readable"])),
        reads=tuple(map(Path, asked["reads"])),
        may_thread=True,
    )
    with door, door.makefile("rb") as questions:
        _answer(door, {"walls": walls})
        _serve(door, questions)


def _serve(door: socket.socket, questions: BinaryIO) -> None:
    asked = json.loads(questions.readline())
    inputs = _inputs(asked["inputs"], questions)
    try:
        with _Notices() as notices:
            started = time.perf_counter()
            loaded = flavour_of(asked["flavour"]).load(Path(asked["folder"]), asked["path"])
            seconds = time.perf_counter() - started
        _answer(door, {**_told(loaded), "seconds": seconds, "notices": notices.texts})
    except BaseException as error:  # noqa: BLE001 - whatever a model raises is the answer.
        _answer(door, {"failed": "load", **_failure(error)})
        return
    if inputs is None or loaded.predict is None:
        return
    for _ in range(asked["runs"]):
        if not _predict(door, loaded.predict, inputs):
            return


def _predict(door: socket.socket, predict: Callable[[Arrays], Arrays], inputs: Arrays) -> bool:
    from aegis.loading.arrays import described, pieces

    try:
        with _Notices() as notices:
            started = time.perf_counter()
            outputs = predict(inputs)
            seconds = time.perf_counter() - started
        told = described(outputs)
    except BaseException as error:  # noqa: BLE001 - as above.
        _answer(door, {"failed": "predict", **_failure(error)})
        return False
    _answer(door, {"outputs": told, "seconds": seconds, "notices": notices.texts})
    for piece in pieces(outputs):
        door.sendall(piece)
    return True


def _inputs(described: list[dict[str, Any]] | None, questions: BinaryIO) -> Arrays | None:
    from aegis.loading.arrays import rebuilt

    if described is None:
        return None
    return {one["name"]: rebuilt(one, questions.read(one["bytes"])) for one in described}


def _told(loaded: Loaded) -> Mapping[str, Any]:
    return {
        "kind": loaded.kind[:_LONGEST],
        "predicts": loaded.predict is not None,
        "tensors": [asdict(tensor) for tensor in loaded.tensors],
    }


def _failure(error: BaseException) -> dict[str, Any]:
    """Say what was raised: which sort of failure it is, in one line."""
    from aegis.loading.shaping import Unfit

    words = str(error).strip().splitlines()
    line = f"{type(error).__name__}: {words[0]}" if words else type(error).__name__
    told: dict[str, Any] = {"words": line[:_LONGEST]}
    if isinstance(error, Unfit):
        return {"code": "input_unfit", "words": str(error)[:_LONGEST]}
    if isinstance(error, ModuleNotFoundError):
        return {"code": "package_missing", "package": str(error.name)[:100], **told}
    if isinstance(error, MemoryError):
        return {"code": "too_much_memory", **told}
    if isinstance(error, OSError) and error.errno in _WALLED:
        return {"code": "walled_off", **told}
    return {"code": "raised", **told}


class _Notices:
    """The warnings of libraries that a person should hear of."""

    def __init__(self) -> None:
        self.caught: list[warnings.WarningMessage] = []
        self._catching = warnings.catch_warnings(record=True)

    def __enter__(self) -> Self:
        # The list is empty now, and is filled while libraries warn.
        caught = self._catching.__enter__()
        assert caught is not None
        self.caught = caught
        warnings.simplefilter("always")
        return self

    def __exit__(self, *_: object) -> None:
        self._catching.__exit__(None, None, None)

    @property
    def texts(self) -> list[str]:
        """What was said, each once."""
        return list(dict.fromkeys(self._lines()))[:_MOST_NOTICES]

    def _lines(self) -> Iterator[str]:
        for one in self.caught:
            if not issubclass(one.category, _OF_DEVELOPERS):
                yield " ".join(str(one.message).split())[:_LONGEST]


def _answer(door: socket.socket, value: object) -> None:
    door.sendall(json.dumps(value).encode() + b"\n")
