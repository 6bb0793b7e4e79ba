"""What a scan may cost before it is given up as inconclusive."""

from dataclasses import dataclass
from typing import Final

MEBIBYTE: Final = 1024 * 1024
GIBIBYTE: Final = 1024 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one file's scan; those of the process that scans are marked as such."""

    depth: int = 5
    """How deep archives, compressed streams and pickles may lie inside one another."""
    members: int = 50_000
    """Members of all archives in a file together."""
    expanded_bytes: int = 64 * GIBIBYTE
    """Bytes that all members and compressed streams of a file may expand to."""
    expansion_ratio: int = 200
    """Expanded bytes for each byte of the file, once ``expansion_allowance`` is used up."""
    expansion_allowance: int = 64 * MEBIBYTE
    opcodes: int = 20_000_000
    """Opcodes of all pickles in a file together."""
    memo: int = 5_000_000
    """Entries of one pickle's memo, and of its stack."""
    nesting: int = 1_000
    """Marks that are open at once in one pickle."""
    structure_bytes: int = 100 * MEBIBYTE
    """Bytes of a header, a directory or another structure that is read whole."""
    findings: int = 200
    """Findings that are kept of one file; the rest is counted."""
    globals: int = 2_000
    """Distinct globals that are kept of one file; more are refused."""
    seconds: float = 600.0
    """Wall time of one file, also kept by the parent process."""
    cpu_seconds: int = 1_200
    """Processor time of a child process, for all of its files."""
    memory_bytes: int = 2 * GIBIBYTE
    """Address space of a child process."""
    open_files: int = 32
    """Open files of a child process."""


DEFAULT_LIMITS: Final = Limits()
