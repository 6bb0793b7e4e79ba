"""Build the pinned Vault, unless it is there: ``make vault``."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from aegis.embedded.locks import held
from tests.servers.vault.binary import HERE, built, cache

# Exactly what go.mod and go.sum say, without C, and without a toolchain that nobody installed.
ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false"}
KEPT = 2
"""How many builds are kept: they are of 350 MB each."""


def main() -> None:
    """Say where the Vault is, after building it if need be."""
    target = built()
    cache().mkdir(parents=True, exist_ok=True)
    with held(cache() / "lock"):
        if not target.exists():
            _build(target)
    print(f"Vault for the tests: {target}")


def _build(target: Path) -> None:
    go = _usable_go()
    print(
        "Building HashiCorp Vault for the tests, once. That takes 2 to 7 minutes on two cores, "
        "after downloading about 1.4 GB of Go modules.",
        flush=True,
    )
    began = time.monotonic()
    target.parent.mkdir(exist_ok=True)
    draft = target.with_name(f".vault.{os.getpid()}")
    environment = {"GOTOOLCHAIN": "local", **os.environ, **ENVIRONMENT}
    flags = ["-trimpath", "-ldflags=-s -w", "-o", str(draft)]
    try:
        subprocess.run([go, "build", *flags, "."], cwd=HERE, env=environment, check=True)
        draft.rename(target)
    except subprocess.CalledProcessError as error:
        sys.exit(f"Vault could not be built: go ended with code {error.returncode}.")
    finally:
        draft.unlink(missing_ok=True)
    _forget_old(target.parent)
    print(f"Built in {time.monotonic() - began:.0f} seconds.")


def _usable_go() -> str:
    least = re.search(r"^go ([\d.]+)$", (HERE / "go.mod").read_text(), re.MULTILINE)
    assert least is not None
    needed = (
        f"Building Vault for the tests needs Go {least[1]} or newer: https://go.dev/dl/. Or name a "
        "Vault that is there: VAULT_BIN=/path/to/vault make test (a `bao` serves as well)."
    )
    go = shutil.which("go")
    if go is None:
        sys.exit(f"There is no Go. {needed}")
    if os.environ.get("GOTOOLCHAIN", "local") != "local":
        return go  # Go was allowed to get the version that go.mod asks for.
    said = subprocess.run(
        [go, "version"],
        cwd="/",
        env={**os.environ, "GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"go(\d+(?:\.\d+)*)", said)
    if found is None or _numbers(found[1]) < _numbers(least[1]):
        sys.exit(f"This Go is too old ({said.strip()}). {needed}")
    return go


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _forget_old(newest: Path) -> None:
    folders = [path for path in cache().iterdir() if path.is_dir() and path != newest]
    folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for old in folders[KEPT - 1 :]:
        shutil.rmtree(old)


if __name__ == "__main__":
    main()
