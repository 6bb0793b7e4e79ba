"""What a conversion may cost."""

from dataclasses import dataclass
from typing import Final

_GIBIBYTE: Final = 1024**3


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one process that converts."""

    memory_bytes: int = 16 * _GIBIBYTE
    """Address space."""
    seconds: float = 900.0
    """Wall time."""
    cpu_seconds: int = 1_800
    """Processor time of all threads."""
    open_files: int = 256
    """Files that are open at once."""
    file_bytes: int = 64 * _GIBIBYTE
    """Bytes of one file that is made."""
    made_bytes: int = 128 * _GIBIBYTE
    """Bytes of all files that are made."""


DEFAULT_LIMITS: Final = Limits()
