"""The process that converts, from outside: started, listened to with doubt, ended."""

import json
import os
import sys
import sysconfig
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from aegis.converters.protocol import Given
from aegis.problems import Conflict, Unavailable
from aegis.sandbox.processes import ENVIRONMENT, Gone, Lost, Process, TooSlow
from aegis.text import readable
from imports.converting.child import MADE
from imports.converting.known import Known
from imports.converting.limits import DEFAULT_LIMITS, Limits

_PROGRAM: Final = (
    "import sys; sys.path.insert(0, sys.argv[3]); from imports.converting.child import main; main()"
)
_FLAGS: Final = ("-I", "-B")
_START_SECONDS: Final = 60.0
# Either of them keeps every socket away; without the other one it writes where it likes.
_NO_NETWORK: Final = frozenset({"network", "calls"})
_OWN_FOLDER: Final = "reading"
# Sums that threads split come out a little different each time.
_AROUND: Final = {
    **ENVIRONMENT,
    "HF_HUB_OFFLINE": "1",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
# What libraries read of a machine, beside Python itself.
_OF_THE_SYSTEM: Final = (
    "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/lib", "/lib64",
    "/nix/store", "/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom", "/proc/self",
    "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system", "/sys/fs/cgroup",
)  # fmt: skip


def convert(
    by: Known,
    given: Given,
    room: Path,
    *,
    beat: Callable[[], None] = lambda: None,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[str, ...]:
    """Have ``by`` convert what is given in ``room``, and return the walls that stood around it.

    ``beat`` is called every few seconds, and may raise. Raises ``Conflict`` where the model cannot
    be converted, or the process dies or takes too long, and ``Unavailable`` where none can be
    started or walled in.
    """
    deadline = time.monotonic() + _START_SECONDS
    try:
        with Process(
            _PROGRAM, _arguments(by, given, room, limits), flags=_FLAGS, environment=_AROUND
        ) as process:
            walls = tuple(map(str, process.line(deadline)["walls"]))
            _refuse_open(walls)
            process.tell(True)  # noqa: FBT003 - a word of JSON.
            deadline = time.monotonic() + limits.seconds
            answer = process.line(deadline, _watching(room / MADE, limits, beat))
    except OSError as error:
        raise Unavailable(
            "converter_unavailable", f"The converter cannot be started: {error}."
        ) from error
    except Lost as lost:
        raise _died(by, lost, limits) from lost
    _refuse(by, answer)
    return walls


def _refuse(by: Known, answer: dict[str, Any]) -> None:
    if said := answer.get("cannot"):
        raise Conflict("conversion_impossible", readable(str(said)))
    if said := answer.get("broke"):
        raise Conflict("conversion_failed", f"{by.converter.name} failed: {readable(str(said))}.")


def _refuse_open(walls: tuple[str, ...]) -> None:
    if _NO_NETWORK.isdisjoint(walls) or _OWN_FOLDER not in walls:
        raise Unavailable(
            "converter_not_walled_in",
            "On this machine neither the network nor the disk can be taken from a process, so "
            "nothing is converted.",
            mend="An operator runs the workers on Linux 5.13 or newer, where Landlock is on.",
        )


def _watching(made: Path, limits: Limits, beat: Callable[[], None]) -> Callable[[], None]:
    """Return what is done every few seconds: see that not too much is made."""

    def watch() -> None:
        size = sum(each.lstat().st_size for each in made.rglob("*") if not each.is_dir())
        if size > limits.made_bytes:
            raise Conflict(
                "conversion_too_large",
                f"The converter made more than {limits.made_bytes:,} bytes, and was ended.",
            )
        beat()

    return watch


def _died(by: Known, lost: Lost, limits: Limits) -> Conflict:
    if isinstance(lost, TooSlow):
        said = f"it was not done within {limits.seconds:g} seconds, and was ended"
        return Conflict("conversion_too_long", f"{by.converter.name} failed: {said}.")
    how = f"its process is gone, {lost}" if isinstance(lost, Gone) else "its process said nonsense"
    return Conflict("conversion_died", f"{by.converter.name} failed: {how}.")


def _arguments(by: Known, given: Given, room: Path, limits: Limits) -> list[str]:
    own = Path(__file__).resolve().parents[2]
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    code = [str(own), *dict.fromkeys([*installed, *filter(os.path.isdir, sys.path)])]
    prefixes = {sys.base_prefix, sys.base_exec_prefix, sys.prefix} - {"/", "/usr"}
    standard = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    # Of a checkout only what converts: its folder of data may lie in it.
    ours = [str(own / name) for name in ("aegis", "imports")]
    reads = [*ours, *(each for each in code if each != str(own)), *prefixes, *standard]
    task = {
        "limits": asdict(limits),
        "room": str(room),
        "code": code,
        "reads": [*reads, *_OF_THE_SYSTEM],
        "converter": by.where,
        "files": [asdict(file) for file in given.files],
        "example": given.example,
    }
    return [json.dumps(task), str(own)]
