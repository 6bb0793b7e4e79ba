"""Which Vault the tests run: the one that is named, the pinned one, or what the PATH has.

The pinned one is built by ``make vault`` into a folder of the user's, named by the digest of all
that it is made of, so that every checkout with the same pins finds it, with Go or without.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
SOURCES: Final = ("go.mod", "go.sum", "main.go")
NAMES: Final = ("vault", "bao")
MISSING: Final = (
    "There is no Vault. Build the pinned one once with `make vault` (it needs Go), or name another "
    "with VAULT_BIN (a `bao` serves as well)."
)


def cache() -> Path:
    """Return the folder of all built Vaults, outside of every checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "aegis" / "vault"


def built() -> Path:
    """Return where the Vault of the present pins lies, once it is built."""
    digest = hashlib.sha256()
    for name in SOURCES:
        data = (HERE / name).read_bytes()
        digest.update(b"%s %d\n" % (name.encode(), len(data)) + data)
    return cache() / digest.hexdigest() / "vault"


def find() -> str | None:
    """Return the path of a Vault, or None."""
    named = os.environ.get("VAULT_BIN")
    candidates = [named] if named else [str(built()), *filter(None, map(shutil.which, NAMES))]
    return next((path for path in candidates if path and os.access(path, os.X_OK)), None)
