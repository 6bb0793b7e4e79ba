"""Who speaks to which registry: what every call of ``ModelRegistry`` stands on."""

from pathlib import Path
from types import TracebackType
from typing import Self

from aegis.sdk.http import Connection
from aegis.sdk.trust import TrustedKeys


class Session:
    """A registry and whoever speaks to it, until it is closed. See ``ModelRegistry``."""

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        tracking_uri: str | None = None,
        patience: float = 120.0,
        keys: str | Path | None = None,
    ) -> None:
        self._connection = Connection.configured(
            url or tracking_uri, token, patience_seconds=patience
        )
        self._keys = TrustedKeys.load(Path(keys)) if keys is not None else None

    def __repr__(self) -> str:
        return f"ModelRegistry({self._connection.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The address of the registry."""
        return self._connection.url

    def close(self) -> None:
        """Give the connections up."""
        self._connection.close()
