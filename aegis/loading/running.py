"""Loading a model in a child behind walls, from outside."""

import json
import os
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from aegis.loading.arrays import announced, described, pieces, rebuilt
from aegis.loading.bounds import Limits
from aegis.loading.failures import failed, lost
from aegis.loading.flavours.keras_models import CHOSEN
from aegis.loading.protocol import Arrays, Found, Tensor, require
from aegis.loading.refusals import LoadFailed, NoWalls
from aegis.sandbox.processes import ENVIRONMENT, MEBIBYTE, Lost, Nonsense, Process
from aegis.text import readable

_PROGRAM: Final = (
    "import sys; sys.path.insert(0, sys.argv[3]); from aegis.loading.child import main; main()"
)
_FLAGS: Final = ("-I", "-B")
_START_SECONDS: Final = 60.0
# Either of them keeps every socket away.
_NO_NETWORK: Final = frozenset({"network", "calls"})
# Sums that threads split come out a little different each time, and threads take memory each.
_ONE_THREAD: Final = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS", "LOKY_MAX_CPU_COUNT",
)  # fmt: skip
_PASSED_ON: Final = ("LD_LIBRARY_PATH", CHOSEN)
# What libraries read of a machine, beside Python itself.
_OF_THE_SYSTEM: Final = (
    "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/lib", "/lib64",
    "/nix/store", "/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/zero", "/dev/random",
    "/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat",
    "/proc/sys/vm/overcommit_memory", "/sys/devices/system", "/sys/fs/cgroup",
)  # fmt: skip
_LONGEST: Final = 500
# A line names every tensor, of which large checkpoints have a hundred thousand.
_LONGEST_LINE: Final = 64 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Ran:
    """A model that was loaded, and what it predicted.

    ``kind`` is its class or format, in the child's words. ``outputs`` holds one mapping for each
    run, empty where there was no input or the model predicts nothing (``predicts``). ``walls``
    are those that stood around the child.
    """

    kind: str
    predicts: bool
    load_seconds: float
    walls: tuple[str, ...]
    tensors: tuple[Tensor, ...] = ()
    outputs: tuple[Arrays, ...] = ()
    predict_seconds: float | None = None
    notices: tuple[str, ...] = field(default=())


def run(
    folder: Path,
    found: Found,
    *,
    inputs: Arrays | None = None,
    runs: int = 1,
    limits: Limits | None = None,
    allow_network: bool = False,
    beat: Callable[[], None] = lambda: None,
) -> Ran:
    """Load what was found in ``folder``, and predict ``runs`` times from ``inputs``.

    ``limits`` are those for the size of its files if left out; ``beat`` is called every few
    seconds, and what it raises ends the child. ``allow_network`` loads it also where the network
    cannot be taken away. Raises ``Missing``, ``LoadFailed``, ``NoWalls``.
    """
    require(found.needs, title=found.title)
    folder = folder.resolve()
    limits = limits or Limits.of(folder, found.needs)
    try:
        process = Process(_PROGRAM, _arguments(folder, limits), flags=_FLAGS, environment=_around())
    except OSError as error:
        raise LoadFailed("child_not_started", f"No process can be started: {error}.") from error
    with process:
        needed = frozenset() if allow_network else _NO_NETWORK
        return _Talk(process, folder, limits, beat).hold(found, inputs, runs, needed)


class _Talk:
    """What is said with one child."""

    def __init__(
        self, process: Process, folder: Path, limits: Limits, beat: Callable[[], None]
    ) -> None:
        self._process = process
        self._folder = folder
        self._limits = limits
        self._beat = beat
        self._deadline = time.monotonic() + _START_SECONDS
        self._stage = "start"

    def hold(self, found: Found, inputs: Arrays | None, runs: int, needed: frozenset[str]) -> Ran:
        """Ask for a model and return what came of it; one of the ``needed`` walls has to stand."""
        try:
            walls = tuple(map(str, self._hear()["walls"]))
            if needed and needed.isdisjoint(walls):
                raise _no_walls()
            self._stage = "load"
            self._deadline = time.monotonic() + self._limits.seconds
            self._ask(found, inputs, runs)
            loaded = self._hear()
            tensors = tuple(map(_tensor, loaded["tensors"]))
            predicts = loaded["predicts"] is True
            self._stage = "predict"
            answers = list(self._answers(runs)) if predicts and inputs is not None else []
            said = [loaded, *(answer for answer, _ in answers)]
            return Ran(
                kind=self._line(loaded["kind"]),
                predicts=predicts,
                load_seconds=float(loaded["seconds"]),
                walls=walls,
                tensors=tensors,
                outputs=tuple(outputs for _, outputs in answers),
                predict_seconds=float(answers[0][0]["seconds"]) if answers else None,
                notices=tuple(
                    dict.fromkeys(self._line(one) for each in said for one in each["notices"])
                ),
            )
        except Lost as error:
            raise lost(error, self._stage, self._limits) from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise lost(Nonsense(), self._stage, self._limits) from error

    def _ask(self, found: Found, inputs: Arrays | None, runs: int) -> None:
        question = {
            "flavour": found.flavour,
            "folder": str(self._folder),
            "path": found.path,
            "runs": runs,
            "inputs": None if inputs is None else described(inputs),
        }
        line = json.dumps(question).encode() + b"\n"
        self._process.send([line], self._deadline)
        if inputs is not None:
            self._process.send(pieces(inputs), self._deadline)

    def _hear(self) -> dict[str, Any]:
        answer = self._process.line(self._deadline, self._beat, most=_LONGEST_LINE)
        if "failed" in answer:
            words = self._line(answer.get("words"))
            raise failed(answer, words, self._stage, self._limits)
        return answer

    def _answers(self, runs: int) -> Iterator[tuple[dict[str, Any], Arrays]]:
        for _ in range(runs):
            answer = self._hear()
            promised = announced(answer["outputs"], most=self._limits.output_bytes)
            arrays = {}
            for one in promised:
                data = self._process.take(one["bytes"], self._deadline, self._beat)
                arrays[readable(str(one["name"]))] = rebuilt(one, data)
            yield answer, arrays

    def _line(self, value: object) -> str:
        """Return words of the child for people: one line, and no path of this machine."""
        text = " ".join(str(value).split()).replace(f"{self._folder}{os.sep}", "")
        return readable(text[:_LONGEST])


def _arguments(folder: Path, limits: Limits) -> list[str]:
    own = Path(__file__).resolve().parents[2]
    code = _code(own)
    prefixes = {sys.base_prefix, sys.base_exec_prefix, sys.prefix} - {"/", "/usr"}
    standard = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    asked = {
        "limits": asdict(limits),
        "path": code,
        "readable": [str(own), *code, str(folder)],
        "reads": [str(own / "aegis"), *code, *prefixes, *standard, *_OF_THE_SYSTEM, str(folder)],
    }
    return [json.dumps(asked), str(own)]


def _code(own: Path) -> list[str]:
    """Return the folders of installed libraries: neither the one at hand nor a checkout."""
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    others = {str(Path.cwd()), str(own)} - installed
    return [each for each in sys.path if each and each not in others and Path(each).is_dir()]


def _around() -> Mapping[str, str]:
    """Return the environment of the child: nothing of ours that could be a credential."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**ENVIRONMENT, "MALLOC_ARENA_MAX": "2", **dict.fromkeys(_ONE_THREAD, "1"), **passed_on}


def _tensor(told: Mapping[str, Any]) -> Tensor:
    name, dtype, digest = (str(told[key])[:_LONGEST] for key in ("name", "dtype", "sha256"))
    shape = tuple(int(each) for each in told["shape"])
    return Tensor(readable(name), readable(dtype), shape, int(told["size"]), digest)


def _no_walls() -> NoWalls:
    return NoWalls(
        "network_not_taken_away",
        "On this machine the network cannot be taken from a process, so nothing was loaded.",
        mend="Check it on Linux, in a container or a virtual machine without network, or load it "
        "all the same with --allow-network (allow_network=True).",
    )
