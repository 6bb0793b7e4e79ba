"""Checking that a version can be loaded: fetched, verified, loaded without network, compared."""

import hashlib
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any, Final

from aegis.loading import inputs
from aegis.loading.arrays import digest_of, dtype_of
from aegis.loading.bounds import GIBIBYTE, Limits
from aegis.loading.comparing import ATOL, RTOL, Comparison, compare
from aegis.loading.flavours import recognise
from aegis.loading.protocol import Arrays, Found, require
from aegis.loading.refusals import LoadFailed
from aegis.loading.running import Ran, run
from aegis.loading.verdicts import verdict_of
from aegis.problems import Invalid
from aegis.sdk.documents import Version
from aegis.text import readable

FORMAT: Final = "aegis.load-check/1"
_LONGEST: Final = 1000
_LINE: Final = 200
_UNREAD: Final = "The input example that came with it is in a form of its own, so it was not asked."


@dataclass(frozen=True, slots=True)
class Wish:
    """What to check with, and how closely. ``seconds`` are those of one loading."""

    input: Path | None = None
    expected: Path | None = None
    file: str | None = None
    rtol: float = RTOL
    atol: float = ATOL
    seconds: float = 300.0
    memory_gib: float | None = None
    allow_network: bool = False

    def refuse_nonsense(self) -> None:
        """Raise ``Invalid`` for numbers that mean nothing."""
        for name in ("rtol", "atol"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise Invalid("tolerance_invalid", f"{name} is a number from 0 on.", field=name)
        if not 0 < self.seconds <= 24 * 3600:
            raise Invalid("seconds_invalid", "The time is between 0 and 86,400 seconds.")
        if self.memory_gib is not None and not 0 < self.memory_gib <= 2**20:
            raise Invalid("memory_invalid", "The memory is a number of GiB above 0.")


@dataclass(frozen=True, slots=True)
class Example:
    """Inputs, or expected outputs: the arrays, and the file that they come from."""

    arrays: Arrays
    name: str
    sha256: str
    came_with_the_model: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the file as the report names it."""
        told: dict[str, Any] = {"name": readable(self.name), "sha256": self.sha256}
        return {**told, "came_with_the_model": True} if self.came_with_the_model else told


@dataclass(frozen=True, slots=True)
class LoadCheck:
    """A load check of a version: its report, and the evidence that it became if it was posted."""

    version: Version
    report: Mapping[str, Any]
    evidence: Mapping[str, Any] | None = None

    @property
    def passed(self) -> bool:
        """Say whether it was loaded, and its outputs are the expected ones."""
        return bool(self.report["outcome"] == "pass")

    @property
    def reason(self) -> str:
        """What was found, in a sentence."""
        return str(self.report["reason"])


def check(folder: Path, of: Version, wish: Wish) -> LoadCheck:
    """Load the files of a version that were verified, and return the report of it.

    What the model did wrong is in the report; what this machine lacks, or the person got wrong,
    raises ``Missing``, ``NoWalls``, ``Unrecognised`` or ``Invalid``.
    """
    wish.refuse_nonsense()
    expected = _read(wish.expected) if wish.expected else None
    found = recognise(folder, wish.file)
    require(found.needs, title=found.title)
    asked = _read(wish.input) if wish.input else _example(folder, found)
    if expected and not asked:
        raise Invalid(
            "input_missing",
            "There are expected outputs and no input, neither given nor with the model.",
            mend="Name the input: --input FILE.",
        )
    report = _Report(of, found, wish)
    memory = None if wish.memory_gib is None else int(wish.memory_gib * GIBIBYTE)
    try:
        ran = run(
            folder,
            found,
            inputs=asked.arrays if asked else None,
            runs=1 if expected else 2,
            limits=Limits.of(folder, found.needs, seconds=wish.seconds, memory_bytes=memory),
            allow_network=wish.allow_network,
        )
    except LoadFailed as refusal:
        return LoadCheck(of, report.of_failure(refusal))
    return LoadCheck(of, report.of_run(ran, asked, expected))


class _Report:
    """The report on its way: the parts that are the same whatever happens."""

    def __init__(self, of: Version, found: Found, wish: Wish) -> None:
        self._wish = wish
        self._walls: tuple[str, ...] = ()
        self._common: dict[str, Any] = {
            "format": FORMAT,
            "model": of.model,
            "version": of.number,
            "manifest_digest": f"sha256:{of.digest}",
            "flavour": {
                "name": found.flavour,
                "title": _line(found.title),
                "path": _text(found.path),
            },
        }
        self._found = found

    def of_failure(self, refusal: LoadFailed) -> dict[str, Any]:
        """Return the report of a model that was not loaded, or did not predict."""
        failure = {"code": refusal.code, "sentence": _text(refusal.sentence)}
        return self._whole({"failure": failure})

    def of_run(self, ran: Ran, asked: Example | None, expected: Example | None) -> dict[str, Any]:
        """Return the report of a model that was loaded."""
        self._walls = ran.walls
        parts: dict[str, Any] = {"loaded": _loaded(ran)}
        if asked is None and self._found.example is not None:
            parts["loaded"].setdefault("notices", []).append(_UNREAD)
        if asked is not None and ran.outputs:
            other = expected.arrays if expected else ran.outputs[1]
            compared = compare(ran.outputs[0], other, rtol=self._wish.rtol, atol=self._wish.atol)
            parts["prediction"] = _prediction(ran, asked)
            parts["comparison"] = _comparison(compared, expected)
        elif expected is not None:
            sentence = "It predicts nothing that could be compared with what was expected."
            parts["failure"] = {"code": "predicts_nothing", "sentence": sentence}
        return self._whole(parts)

    def _whole(self, parts: Mapping[str, Any]) -> dict[str, Any]:
        outcome, reason = verdict_of(parts)
        return {
            **self._common,
            "environment": _environment(self._found, self._walls),
            **parts,
            "outcome": outcome,
            "reason": _text(reason),
            "produced_by": _produced_by(),
            "produced_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }


def _prediction(ran: Ran, asked: Example) -> dict[str, Any]:
    return {
        "input": asked.to_json(),
        "seconds": ran.predict_seconds or 0.0,
        "outputs": [
            {
                "name": _text(name),
                "dtype": dtype_of(array),
                "shape": list(array.shape),
                "sha256": digest_of(array),
            }
            for name, array in ran.outputs[0].items()
        ],
    }


def _loaded(ran: Ran) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": _text(ran.kind), "seconds": ran.load_seconds}
    if ran.tensors:
        told["tensors"] = len(ran.tensors)
        told["tensor_bytes"] = sum(tensor.size for tensor in ran.tensors)
    if ran.notices:
        told["notices"] = [_text(notice) for notice in ran.notices[:50]]
    return told


def _comparison(compared: Comparison, expected: Example | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "against": "expected" if expected else "second_run",
        "values": compared.count,
        "mismatches": compared.mismatches,
        "rtol": compared.rtol,
        "atol": compared.atol,
    }
    if expected:
        told["expected"] = expected.to_json()
    if compared.largest is not None:
        told["largest_difference"] = compared.largest
    if compared.fault:
        told["fault"] = _text(compared.fault)
    return told


def _environment(found: Found, walls: tuple[str, ...]) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "platform": _line(platform.platform()),
        "packages": dict(sorted(_packages(found))),
        "walls": list(walls),
    }


def _packages(found: Found) -> Iterator[tuple[str, str]]:
    """Yield the libraries that the flavour needs, with their versions."""
    distributions = packages_distributions()
    for module in {*found.needs, "numpy"}:
        for name in distributions.get(module, [])[:1]:
            yield name, version(name)


def _produced_by() -> str:
    try:
        return f"aegis check-load {version('aegis-registry')}"
    except PackageNotFoundError:
        return f"aegis check-load, from a checkout, Python {sys.version_info.major}"


def _read(file: Path) -> Example:
    arrays = inputs.read(file)
    return Example(arrays, file.name, _digest(file))


def _example(folder: Path, found: Found) -> Example | None:
    if found.example is None:
        return None
    try:
        arrays = inputs.example(folder, found)
    except Invalid:
        # The model is loaded all the same, and the report says so.
        return None
    return Example(arrays, found.example, _digest(folder / found.example), came_with_the_model=True)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def _text(text: str) -> str:
    return readable(text)[:_LONGEST]


def _line(text: str) -> str:
    return readable(text)[:_LINE]
