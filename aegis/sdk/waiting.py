"""Waiting for an import: told how far it is, for as long as something happens."""

import time
from collections.abc import Callable, Iterator
from typing import Final

from aegis.problems import Conflict, Invalid, NotFound, Refusal
from aegis.sdk.documents import Import
from aegis.sdk.errors import Failed, Unreachable, refusal_of_kind
from aegis.sdk.http import Connection
from aegis.sdk.progress import Progress, Watcher

_POLL_SECONDS: Final = (0.2, 2.0)


def wait_for_import(
    connection: Connection,
    number: int,
    *,
    watcher: Watcher,
    is_enough: Callable[[Import], bool] = lambda _: False,
) -> Import:
    """Return the import once nothing more happens to it by itself, or once it ``is_enough``.

    Raises ``Unreachable`` where it waits for something that is away for longer than a request is
    asked again; it goes on by itself when that is back.
    """
    delay = _Delay(connection.patience_seconds)
    rests = pauses(*_POLL_SECONDS)
    while True:
        job = Import.of(connection.get(f"imports/{number}/"))
        watcher(Progress("importing", job.bytes_done, job.bytes_total or None, job.step))
        if not job.is_under_way or is_enough(job):
            return job
        delay.bear(job)
        time.sleep(next(rests))


def pauses(shortest: float, longest: float) -> Iterator[float]:
    """Yield without end the seconds to wait before looking again, each longer than the last."""
    pause = shortest
    while True:
        yield pause
        pause = min(pause * 1.3, longest)


def require_done(job: Import) -> None:
    """Raise what an import ended with, unless that is a version."""
    if job.state != "done":
        raise _ended(job)


def _ended(job: Import) -> Refusal:
    place = f"/imports/{job.number}/"
    if job.state == "failed" and job.error:
        kind = job.error.get("kind")
        is_of_reference = kind in {Invalid.kind, NotFound.kind}
        again = f"Once that is mended: aegis import retry {job.number}"
        return refusal_of_kind(
            kind,
            job.error["code"],
            f"{job.name} could not be imported: {job.error['reason']}",
            mend=None if is_of_reference else again,
            url=place,
            details={"import": job.number},
        )
    if job.state == "planned":
        return Conflict(
            "import_not_started",
            f"Import {job.number} was looked up and waits to be started.",
            mend="Start or cancel it on its page.",
            url=place,
        )
    return Failed(
        f"import_{job.state}",
        f"Import {job.number} of {job.name} was {job.state}.",
        mend="Ask for it again if it is still wanted.",
        url=place,
        details={"import": job.number},
    )


class _Delay:
    """How long an import has waited for the same thing, by the clock of this machine."""

    def __init__(self, most_seconds: float) -> None:
        self._most = most_seconds
        self._since: str | None = None
        self._seen_at = 0.0

    def bear(self, job: Import) -> None:
        """Raise ``Unreachable`` once ``job`` has waited too long for what is away."""
        since = job.document["waiting_since"]
        if since != self._since:
            self._since, self._seen_at = since, time.monotonic()
        error = job.error
        if error and since and time.monotonic() - self._seen_at > self._most:
            raise Unreachable(
                error["code"],
                f"Import {job.number} of {job.name} waits: {error['reason']}",
                mend="It goes on by itself; see it through with: "
                f"aegis import status {job.number} --wait",
                url=f"/imports/{job.number}/",
                details={"import": job.number},
            )
