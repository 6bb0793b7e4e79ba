"""The stages of versions: what gates say, and asking for a move."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from aegis.sdk.documents import Version
from aegis.sdk.registry.addresses import version_at
from aegis.sdk.registry.session import Session


class Promotions(Session):
    """Asking gates, asking people, and taking a version out of use."""

    def gates(
        self, model_name: str, ref: str | int = "latest", *, stage: str = "Production"
    ) -> Mapping[str, Any]:
        """Return what the gates of a stage say about a version now, without asking for anything.

        ``is_governed`` is false where no policy governs the stage, and then nothing comes into it;
        ``results`` holds each gate's ``outcome``, ``is_blocking``, ``reason`` and ``mend``.
        """
        address = version_at(model_name, ref, "gates")
        found: Mapping[str, Any] = self._connection.get(address, stage=stage)
        return found

    def promote(
        self, model_name: str, version: str | int, stage: str = "Production", *, reason: str
    ) -> Mapping[str, Any]:
        """Ask that a version be moved to a stage, and return the request; people decide it.

        The gates run at once; the request's ``number`` is that of its page, and its ``state`` says
        how it stands.
        """
        address = version_at(model_name, version, "promotions")
        fields = {"target": stage, "reason": reason}
        made: Mapping[str, Any] = self._connection.send(
            "POST", address, fields, key=f"promotion-{uuid4().hex}"
        )
        return made

    def archive(self, model_name: str, ref: str | int, *, reason: str) -> Version:
        """Take a version out of use for good, with the reason, and return it."""
        address = version_at(model_name, ref, "archive")
        return Version.of(self._connection.send("POST", address, {"reason": reason}))
