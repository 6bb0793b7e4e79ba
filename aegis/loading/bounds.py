"""What loading a model may cost."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

GIBIBYTE: Final = 1024**3
_FOR_LIBRARIES: Final = 4 * GIBIBYTE
# PyTorch maps 3.5 GiB when it is imported, most of it for graphics cards.
_FOR_PYTORCH: Final = 8 * GIBIBYTE
# A model in memory, its file beside it, and what predicting takes.
_TIMES_THE_FILES: Final = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one child that loads."""

    memory_bytes: int = _FOR_LIBRARIES
    """Address space."""
    seconds: float = 300.0
    """Wall time from the start to the last output."""
    cpu_seconds: int = 600
    """Processor time of all threads."""
    open_files: int = 256
    """Files that are open at once."""
    output_bytes: int = 256 * 1024 * 1024
    """Bytes of all outputs of one prediction."""

    @classmethod
    def of(
        cls,
        folder: Path,
        needs: Collection[str],
        *,
        seconds: float = 300.0,
        memory_bytes: int | None = None,
    ) -> Self:
        """Return limits for the files in ``folder``: the larger they are, the more memory.

        ``needs`` are the modules that load them, as ``Found`` names them.
        """
        if memory_bytes is None:
            size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
            libraries = _FOR_PYTORCH if "torch" in needs else _FOR_LIBRARIES
            memory_bytes = libraries + _TIMES_THE_FILES * size
        return cls(memory_bytes=memory_bytes, seconds=seconds, cpu_seconds=int(2 * seconds) + 1)
