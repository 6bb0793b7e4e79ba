"""The commands of a page of the documentation, run as they stand."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
_BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """Commands, and what the page says that they print; "…" stands for anything."""

    commands: str
    printed: str | None

    def run(self, folder: Path, environment: Mapping[str, str]) -> str:
        """Run the commands in ``folder``; each must end well. Return what they print."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.commands],
            check=False,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, f"{self.commands}\n{done.stdout}"
        return done.stdout

    def is_as_said(self, output: str) -> bool:
        """Say whether the output is what the page says."""
        if self.printed is None:
            return True
        lines = (re.escape(line).replace("…", ".*") for line in self.printed.splitlines())
        # A command that does not write to a terminal may leave line ends out.
        return re.fullmatch(r"\s*".join(lines), output.strip(), re.DOTALL) is not None


def blocks(page: str) -> Iterator[Block]:
    """Yield what a reader types, from the top of the page."""
    for found in _BLOCK.finditer((DOCS / page).read_text()):
        yield Block(found[1], found[2])
