"""`make vault` says what it lacks, builds nothing twice, and leaves nothing half done."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.databases import ROOT
from tests.servers.vault import binary


def make(tmp_path: Path, go: str | None) -> subprocess.CompletedProcess[str]:
    """Run the builder with nothing on its PATH but a script in the place of Go."""
    commands = tmp_path / "bin"
    commands.mkdir(exist_ok=True)
    if go is not None:
        (commands / "go").write_text(f"#!/bin/sh\n{go}\n")
        (commands / "go").chmod(0o755)
    return subprocess.run(
        [sys.executable, "-m", "tests.servers.vault.build"],
        cwd=ROOT,
        env={"PATH": f"{commands}", "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )


def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return binary.built()


@pytest.mark.parametrize(
    ("go", "said"),
    [(None, "There is no Go."), ("echo go version go1.19.8 linux/amd64", "This Go is too old")],
)
def test_without_a_go_that_is_new_enough_it_says_what_to_install(
    tmp_path: Path, go: str | None, said: str
) -> None:
    done = make(tmp_path, go)
    assert done.returncode == 1
    assert said in done.stderr
    assert "needs Go 1.25.3 or newer" in done.stderr
    assert "VAULT_BIN" in done.stderr


def test_what_is_built_is_found_and_not_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = built(tmp_path, monkeypatch)
    go = (
        'if [ "$1" = version ]; then echo go version go1.25.3 linux/amd64; exit; fi\n'
        'while [ "$1" != -o ]; do shift; done; echo built > "$2"'
    )
    first = make(tmp_path, go)
    assert first.returncode == 0, first.stderr
    assert "Building HashiCorp Vault" in first.stdout
    assert target.read_text() == "built\n"
    second = make(tmp_path, "exit 9")
    assert (second.returncode, second.stdout) == (0, f"Vault for the tests: {target}\n")


def test_a_build_that_fails_leaves_nothing_that_looks_like_a_vault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = built(tmp_path, monkeypatch)
    go = (
        'if [ "$1" = version ]; then echo go version go1.26.8 linux/amd64; exit; fi\n'
        'while [ "$1" != -o ]; do shift; done; echo half > "$2"; exit 2'
    )
    done = make(tmp_path, go)
    assert done.returncode == 1
    assert "go ended with code 2" in done.stderr
    assert list(target.parent.iterdir()) == []
