"""The protocol of converters: one format of a model read, another one written.

A converter is named by an entry point of the group ``aegis.converters`` and is run in a process of
its own, without network, credentials or anything to write to but the folder that it is given.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

GROUP: Final = "aegis.converters"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a version, as its scan describes it.

    ``path`` is its place in the version and ``size`` in bytes; ``format`` the recognised format, as
    ``pickle``, ``pytorch`` or ``safetensors``; ``globals`` the names that its pickles import.
    """

    path: str
    size: int
    format: str
    globals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """A version that is to be converted: its files under ``folder``, and an input for it if known.

    ``example`` is JSON as MLflow writes it: rows of numbers, ``{"columns": …, "data": …}``,
    ``{"inputs": …}`` or ``{"dataframe_split": …}``.
    """

    folder: Path
    files: tuple[ModelFile, ...]
    example: Any = None

    def place(self, file: ModelFile) -> Path:
        """Return where a file lies."""
        return self.folder / file.path


class CannotConvert(Exception):  # noqa: N818 - it says what cannot be done.
    """This model cannot be converted, for the reason in the sentence; people read it."""


class Converter(Protocol):
    """A way from one format into another.

    ``name`` is as ``sklearn-to-onnx``; ``version`` is raised when other files come of the same
    ones, and is kept with what was converted. ``writes`` is the format that comes of it, by which
    people ask for it; ``title`` the format as a page names it. ``about`` is one sentence for
    people: of which files comes what. ``requires`` are the distributions that must be installed,
    and ``install`` the command that installs them.
    """

    name: str
    version: str
    writes: str
    title: str
    about: str
    requires: tuple[str, ...]
    install: str

    def reads(self, files: Sequence[ModelFile]) -> bool:
        """Say whether it could convert a version of these files. It opens none."""

    def convert(self, given: Given, to: Path) -> None:
        """Write the files of the derived version into the folder ``to``.

        Raises ``CannotConvert``. Whatever else it raises, or writes elsewhere, fails the
        conversion. Large libraries are imported here, not with the module.
        """


def only(files: Iterable[ModelFile], what: str) -> ModelFile:
    """Return the one file among ``files``; raise ``CannotConvert`` for none or several."""
    found = list(files)
    if len(found) != 1:
        several = ", ".join(file.path for file in found[:3])
        raise CannotConvert(
            f"There are {len(found)} files of {what}: {several}."
            if found
            else f"There is no file of {what}."
        )
    return found[0]
