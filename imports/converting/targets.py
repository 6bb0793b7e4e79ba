"""What the version of an import could be converted to: before it is here, and before it is scanned.

The scan alone knows what a file is. Until then its name and what the source says of the framework
tell which converters could read it; the page of the version knows better once it is there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from aegis.converters.protocol import ModelFile
from imports.converters import estimators, pytorch_to_safetensors
from imports.converting.known import Known, known, not_installed
from imports.sources.protocol import Plan

_PICKLES: Final = frozenset({"pkl", "pickle", "joblib", "sav"})
_STATES: Final = frozenset({"pt", "pth", "bin", "ckpt"})
_WITHOUT_ESTIMATORS: Final = frozenset(
    {"pytorch", "torch", "transformers", "sentence-transformers", "tensorflow", "keras", "onnx"}
)
_MOST_TRIED: Final = 20
"""So many files of a version are taken for the one of its model, one after the other."""


@dataclass(frozen=True, slots=True)
class Target:
    """A format that a version could be converted to, by any of ``ways``.

    ``unread`` says that no converter to it could read what was found.
    """

    to: str
    title: str
    ways: tuple[Known, ...]
    unread: bool = False

    @property
    def missing(self) -> str:
        """Say what must be installed first, where nothing that makes it is."""
        if self.unread or not all(way.missing for way in self.ways):
            return ""
        return not_installed(self.ways[0]).in_full

    @property
    def is_open(self) -> bool:
        """Say whether it can be chosen."""
        return not (self.unread or self.missing)


def targets(plan: Plan | None = None) -> list[Target]:
    """Return all formats; of a ``plan`` with the ways that could read its files."""
    could = known() if plan is None else tuple(one for one in known() if _could_read(one, plan))
    found = []
    for to, title in {one.converter.writes: one.converter.title for one in known()}.items():
        ways = tuple(one for one in could if one.converter.writes == to)
        every = tuple(one for one in known() if one.converter.writes == to)
        found.append(Target(to, title, ways or every, unread=not ways))
    return found


def title_of(wanted: str) -> str:
    """Return the title of a format or of what a converter writes; itself where there is none."""
    for one in known():
        if wanted in {one.converter.writes, one.converter.name}:
            return one.converter.title
    return wanted


def _could_read(one: Known, plan: Plan) -> bool:
    framework = str(plan.facts.get("framework", "")).lower()
    return any(one.converter.reads(files) for files in _guesses(plan, framework))


def _guesses(plan: Plan, framework: str) -> Iterable[Sequence[ModelFile]]:
    """Yield the files, each time with another of them taken for the one that holds the model."""
    files = [ModelFile(file.path, file.size or 0, _suffix(file.path)) for file in plan.files]
    yield files
    guessed = [(place, one) for place, file in enumerate(files) for one in _taken(file, framework)]
    for place, one in guessed[:_MOST_TRIED]:
        yield [*files[:place], one, *files[place + 1 :]]


def _taken(file: ModelFile, framework: str) -> Iterable[ModelFile]:
    suffix = _suffix(file.path)
    if suffix in _PICKLES and framework not in _WITHOUT_ESTIMATORS:
        yield ModelFile(file.path, file.size, "pickle", (estimators.LIBRARY,))
    if suffix in _STATES:
        words = (pytorch_to_safetensors.WORDS_OF_TENSORS,)
        yield ModelFile(file.path, file.size, "pytorch", words)


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower().removeprefix(".")
