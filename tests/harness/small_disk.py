"""A disk that is full soon: a small tmpfs, of root's or in a namespace of this user's own."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MISSING = "Neither mount nor unshare --user --mount may make the small disk of this test here."


@contextmanager
def mounted(folder: Path, *, mebibytes: int) -> Iterator[Path]:
    """Mount a tmpfs of so many MiB at ``folder`` for the length of the block, or skip the test."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    if _runs(mount):
        try:
            yield folder
        finally:
            # Lazily: a reader that a failed test left open must not keep the mount for ever.
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        return
    with _in_namespace(mount) as holder:
        if holder is None:
            pytest.skip(MISSING)
        yield Path(f"/proc/{holder}/root{folder}")


@contextmanager
def _in_namespace(mount: list[str]) -> Iterator[int | None]:
    """Let a process of this user's hold the mount; others reach it by way of its root."""
    holding = [*mount, "&&", "echo", "mounted", "&&", "exec", "sleep", "600"]
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", " ".join(holding)]
    if shutil.which("unshare") is None:
        yield None
        return
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield process.pid if process.stdout.readline() == b"mounted\n" else None
        finally:
            process.kill()


def _runs(command: list[str]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def fill(folder: Path, *, leaving: int) -> Path:
    """Fill the disk but for about ``leaving`` bytes, and return the file that does."""
    ballast = folder / ".ballast"
    ballast.write_bytes(b"\0" * (shutil.disk_usage(folder).free - leaving))
    return ballast
