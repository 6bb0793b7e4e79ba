"""Where packages are kept: the ``ArtifactStore`` protocol and its keys.

Objects are written once and never changed. A key is made from names that the server checked;
an object is there whole or not at all; nothing that is there is overwritten.
"""

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from aegis.problems import Invalid
from aegis.proof.streams import Bytes, Readable, ReadableStream
from registry.names import check_model_name

_SEGMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_KEY_LENGTH: Final = 600


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it was written: its key, its size in bytes, the hex sha256 of its bytes."""

    key: str
    size: int
    sha256: str


class ObjectWriter(Protocol):
    """An object in the making. Leaving its ``with`` block by an exception leaves nothing."""

    def write(self, data: Bytes, /) -> object:
        """Append ``data`` to the object."""

    def commit(self) -> StoredObject:
        """Make the object appear under its key, whole and durable.

        The very same bytes under that key already count as done, so that a task may run
        twice; other bytes there raise ``Conflict`` with the code ``object_exists``.
        """


class ArtifactStore(Protocol):
    """A store of immutable objects. All methods raise ``Unavailable`` if it does not answer."""

    def create(self, key: str) -> AbstractContextManager[ObjectWriter]:
        """Begin a new object."""

    def put(self, key: str, source: Readable) -> StoredObject:
        """Store all of ``source`` and commit it."""

    def size(self, key: str) -> int:
        """Return an object's size in bytes, or raise ``NotFound``."""

    def open(self, key: str, *, offset: int = 0, length: int | None = None) -> ReadableStream:
        """Open an object, or ``length`` bytes of it from ``offset``, or raise ``NotFound``."""

    def sweep(self, older_than: timedelta) -> int:
        """Remove what writers that died left behind, and return how many there were."""

    def remove(self, key: str) -> None:
        """Remove an object for good, if it is there.

        Only for a redaction, and for what an import that failed left behind: nothing else is
        ever taken out of a store.
        """

    def link(self, key: str, *, file_name: str, media_type: str, seconds: int) -> str | None:
        """Return an address that gives the object to anybody for ``seconds``, as an attachment.

        None where the store has no such addresses. Whoever hands one out has asked before whether
        the person may have the object: the address asks nobody.
        """

    def check(self) -> None:
        """Raise ``Unavailable`` unless objects can be read and written now.

        The sentence names the bucket or folder and says what is wrong. It answers within seconds
        and leaves nothing behind.
        """


def package_key(model_name: str, number: int) -> str:
    """Return the key of a version's package, by the model's name at registration time."""
    name = check_model_name(model_name)
    return check_key(f"models/{name}/{number}/{name}-v{number}.tar.gz")


def index_key(package: str) -> str:
    """Return the key of the index that lies beside a package."""
    return check_key(package.removesuffix(".tar.gz") + ".index.json")


def check_key(key: str) -> str:
    """Return ``key`` if every segment of it is a plain name, else raise ``Invalid``."""
    if len(key) > _KEY_LENGTH or not all(map(_SEGMENT.fullmatch, key.split("/"))):
        raise Invalid("object_key_invalid", "This is no key of an object in the artifact store.")
    return key
