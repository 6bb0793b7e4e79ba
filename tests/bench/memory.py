"""Measure the memory of a running stack: ``python -m tests.bench.memory [data folder]``.

PSS counts a page that several processes share once, divided among them.
"""

import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aegis.embedded import options

BUDGET_MB = 700


@dataclass(frozen=True, slots=True)
class Share:
    """What one process takes, in MB of PSS."""

    pid: int
    megabytes: float
    command: str


def of_stack(data: Path) -> list[Share]:
    """Return the shares of the stack of a data folder. Raises LookupError where none runs."""
    signature = (data / "stack.lock").read_text() if (data / "stack.lock").exists() else ""
    found = re.match(r"process (\d+),", signature)
    if found is None or not Path(f"/proc/{found[1]}").exists():
        message = f"No stack runs on {data}."
        raise LookupError(message)
    return of_tree(int(found[1]))


def of_tree(root: int) -> list[Share]:
    """Return the shares of a process and of all that it started, in turn."""
    parents = _parents()
    wanted = {root}
    while more := {pid for pid, parent in parents.items() if parent in wanted} - wanted:
        wanted |= more
    shares = []
    for pid in sorted(wanted):
        with suppress(OSError, StopIteration):
            shares.append(Share(pid, _pss(pid), _command(pid)))
    return shares


def _parents() -> dict[int, int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
    return parents


def _pss(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def main() -> int:
    """Print each process and the sum; the exit code says whether it is within the budget."""
    named = sys.argv[1] if len(sys.argv) > 1 else ""
    data = Path(named).absolute() if named else options.data_folder(os.environ)
    shares = of_stack(data)
    for share in shares:
        print(f"{share.megabytes:8.1f}  {share.pid:>7}  {share.command[:100]}")
    total = sum(share.megabytes for share in shares)
    print(f"{total:8.1f}  MB of PSS in {len(shares)} processes; the budget is {BUDGET_MB}")
    return 0 if total < BUDGET_MB else 1


if __name__ == "__main__":
    sys.exit(main())
