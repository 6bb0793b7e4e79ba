"""The stages of versions: what gates say, asking for a move, waiting for it."""

from collections.abc import Mapping
from typing import Any

from aegis.sdk import promoting
from aegis.sdk.documents import Version
from aegis.sdk.progress import Watcher, unwatched
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
        self,
        model_name: str,
        version: str | int,
        stage: str = "Production",
        *,
        reason: str,
        wait: bool = False,
        timeout: float | None = None,
        progress: Watcher = unwatched,
    ) -> Mapping[str, Any]:
        """Ask that a version be moved to a stage, and return the request; people decide it.

        The gates run at once; the request's ``number`` is that of its page, and its ``state`` says
        how it stands. With ``wait`` it returns once the version is promoted, as
        ``wait_for_promotion`` does.
        """
        address = version_at(model_name, version, "promotions")
        made = promoting.ask(self._connection, address, stage=stage, reason=reason)
        if not wait:
            return made
        return self.wait_for_promotion(made["number"], timeout=timeout, progress=progress)

    def promotion(self, number: int) -> Mapping[str, Any]:
        """Return the promotion request of that number, as it stands now."""
        return promoting.look_up(self._connection, number)

    def wait_for_promotion(
        self, number: int, *, timeout: float | None = None, progress: Watcher = unwatched
    ) -> Mapping[str, Any]:
        """Return a promotion request once its version is promoted, which people may take long for.

        Raises ``Conflict`` with ``promotion_rejected``, ``_withdrawn``, ``_stale`` or ``_expired``
        where it comes to nothing, ``Failed`` with ``promotion_failed`` where it could not be
        carried out, or with ``promotion_undecided`` after ``timeout`` seconds. Ctrl-C ends the
        wait alone, by ``WaitInterrupted``. ``progress`` is told the state and the approvals.
        """
        return promoting.see_through(self._connection, number, timeout=timeout, watcher=progress)

    def archive(self, model_name: str, ref: str | int, *, reason: str) -> Version:
        """Take a version out of use for good, with the reason, and return it."""
        address = version_at(model_name, ref, "archive")
        return Version.of(self._connection.send("POST", address, {"reason": reason}))
