"""What is there: models, their versions, and where they come from."""

from collections.abc import Iterator, Mapping
from typing import Any

from aegis.sdk import reading
from aegis.sdk.documents import Version
from aegis.sdk.registry.addresses import version_at, versions_of
from aegis.sdk.registry.session import Session


class Catalog(Session):
    """Looking things up."""

    def list_versions(self, model_name: str) -> list[Version]:
        """Return the versions of a model, the newest first."""
        return list(self.versions(model_name))

    def versions(self, model_name: str) -> Iterator[Version]:
        """Yield the versions of a model, the newest first, page after page."""
        for document in self._connection.pages(versions_of(model_name)):
            yield Version.of(document)

    def models(self, **filters: str) -> Iterator[Mapping[str, Any]]:
        """Yield the registered models, by ``q``, ``team``, ``stage``, ``task``, ``framework``."""
        yield from self._connection.pages("models/", **filters)

    def show(self, model_name: str, ref: str | int = "latest") -> Version:
        """Return the version of a number, a stage, ``latest``, an alias or a label."""
        return Version.of(self._connection.get(version_at(model_name, ref)))

    def last_reading(self, model_name: str, ref: str | int = "latest") -> Mapping[str, Any] | None:
        """Return what ``check_provenance`` returned last, None where nobody asked for that."""
        return reading.last_reading(
            self._connection, version_at(model_name, ref, "provenance/check")
        )

    def check_provenance(
        self, model_name: str, ref: str | int = "latest", *, wait_seconds: float = 60.0
    ) -> Mapping[str, Any]:
        """Have the MLflow run of a version read back, and return the last reading.

        Its ``verdict`` is ``agrees``, ``outdated`` (the digest is this version's, another tag is
        not as it should be), ``other`` (the run names another digest), ``silent`` or ``unread``;
        ``tags`` say each what it should be and what was found, at ``read_at``. A tracking server
        that is away leaves the former reading, with ``error`` and ``failing_since``. After
        ``wait_seconds`` without an answer it is what is there then, with the state ``waiting``.
        """
        address = version_at(model_name, ref, "provenance/check")
        return reading.read_back(self._connection, address, seconds=wait_seconds)

    def hub_origins(self, **filters: str) -> Iterator[Mapping[str, Any]]:
        """Yield the versions from the Hugging Face Hub, the newest import first.

        It is the latest of each model, with ``older="true"`` every one; ``newer="true"`` keeps
        those of which the hub has a newer commit. Other filters are ``q`` and ``team``.
        """
        yield from self._connection.pages("hub-origins/", **filters)

    def provenance(self, model_name: str, ref: str | int = "latest") -> Mapping[str, Any]:
        """Return where an imported version was fetched from; ``NotFound`` for an upload.

        It holds ``identity``, ``shown``, ``url``, ``pinned``, ``is_complete``, ``files`` and
        ``left_out`` with their upstream digests, who recorded it when, and as ``hub`` whether the
        hub has a newer commit, where it comes from one.
        """
        address = version_at(model_name, ref, "provenance")
        found: Mapping[str, Any] = self._connection.get(address)
        return found
