"""The words between flavours, the process that loads, and who asks for it."""

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from aegis.loading.refusals import CONVERT, Missing

if TYPE_CHECKING:
    import numpy as np

    Arrays: TypeAlias = Mapping[str, np.ndarray[Any, Any]]
else:
    # This module is there without NumPy, too.
    Arrays = Mapping[str, Any]
"""Arrays by name, in an order: columns of one dimension, or tensors."""

EXAMPLES: Final = ("input_example.json", "serving_input_example.json")
"""What an input example beside a model is called: the names that MLflow gives them."""
UNNAMED: Final = "input"
"""The name of an array that came without one."""

_DISTRIBUTIONS: Final[Mapping[str, str]] = {"sklearn": "scikit-learn", "yaml": "PyYAML"}
_OF_CONVERT: Final = frozenset(
    {"joblib", "numpy", "onnxruntime", "safetensors", "sklearn", "skops", "yaml"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """A model that was recognised: what it is, where, and what loads it.

    ``path`` is the file, or ``.`` for the folder; ``needs`` are the modules to be imported;
    ``example`` is the path of the input example that came with it.
    """

    flavour: str
    title: str
    path: str
    needs: tuple[str, ...]
    example: str | None = None


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of a file of weights: ``dtype`` in the file's own word, ``sha256`` of its bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that was loaded: its class or format, how it predicts, and the tensors it is of.

    ``predict`` is None for what holds weights alone.
    """

    kind: str
    predict: Callable[[Arrays], Arrays] | None = None
    tensors: tuple[Tensor, ...] = field(default=())


class Flavour(Protocol):
    """One kind of model. Recognising reads and runs nothing; loading happens in the child."""

    name: str

    def recognise(self, folder: Path, path: str | None) -> Found | None:
        """Say what of this kind lies in a folder, or at ``path`` in it."""

    def load(self, folder: Path, path: str) -> Loaded:
        """Load what was found at ``path``."""


def require(modules: Iterable[str], *, title: str = "") -> None:
    """Raise ``Missing``, with the command that installs it, unless all modules are there."""
    lacking = [name for name in modules if not _is_there(name)]
    if lacking:
        raise missing(lacking, title=title)


def missing(modules: Iterable[str], *, title: str = "") -> Missing:
    """Return the refusal that names what to install."""
    lacking = list(modules)
    names = [_DISTRIBUTIONS.get(name, name) for name in lacking]
    listed = " and ".join(names)
    are = "is" if len(names) == 1 else "are"
    which = f" {title} needs {'it' if len(names) == 1 else 'them'}." if title else ""
    command = f"pip install {' '.join(names)}"
    if _OF_CONVERT.issuperset(lacking):
        command = f"pip install '{CONVERT}', or {command} alone"
    return Missing(
        "package_missing",
        f"{listed} {are} not installed here.{which}",
        mend=f"Install what is missing: {command}.",
        details={"packages": names},
    )


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
