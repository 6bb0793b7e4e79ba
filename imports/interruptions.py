"""What becomes of an import that cannot go on: it waits with the reason, or fails with it."""

from datetime import timedelta
from typing import Final

import structlog
from django.db import Error, connection
from django.utils import timezone

from aegis.database_sessions import ended_session, leave_broken_session
from aegis.problems import Refusal, Unavailable
from aegis.proof.signing.refusals import SignerMisconfigured
from imports.claims import MOST_ATTEMPTS, Claim, wait, waiting_since
from imports.finishing import fail
from imports.sweeping import clear_away

log = structlog.get_logger(__name__)

OPERATOR_PATIENCE: Final = timedelta(hours=24)
"""So long an import waits for a mistake in how Aegis signs to be mended: a night, and a morning."""


def refuse_endless(held: Claim) -> None:
    """Raise ``Refusal`` for an import that breaks off whenever it is tried."""
    attempts = held.rows().values_list("attempts", flat=True).first() or 0
    if attempts > MOST_ATTEMPTS:
        raise Refusal(
            "import_interrupted",
            f"The import was broken off {MOST_ATTEMPTS} times, so it is not tried again by itself.",
            mend="Look into the worker's log, then have it tried again.",
        )


def wait_for(held: Claim, away: Unavailable) -> None:
    """Wait for what is away; it is asked again by itself."""
    log.warning("imports.waiting", job=str(held.job), code=away.code)
    wait(
        held,
        code=away.code,
        sentence=away.in_full,
        own_fault=False,
        asked_for=timedelta(seconds=away.details.get("retry_after") or 0),
    )


def wait_for_operator(held: Claim, unmended: SignerMisconfigured) -> None:
    """Wait for somebody to mend how Aegis signs, and fail where nobody did for long."""
    since = waiting_since(held, code=unmended.code, is_same=True)
    log.warning("imports.signer_misconfigured", job=str(held.job), code=unmended.code)
    if timezone.now() - since < OPERATOR_PATIENCE:
        code, sentence = unmended.code, unmended.in_full
        wait(held, code=code, sentence=sentence, own_fault=False, since=since)
    else:
        give_up(held, unmended)


def give_up(held: Claim, refusal: Refusal) -> None:
    """Fail with the reason, and clear away what was downloaded."""
    job = fail(
        held,
        code=refusal.code,
        reason=refusal.in_full,
        kind=refusal.kind,
        details=refusal.details,
    )
    clear_away(job)


def break_off(held: Claim, error: Exception) -> None:
    """Let go after an ``error`` that nobody expected; it is tried again by itself.

    A session that the database ended is no mistake of ours. Where there is no other one yet, the
    import is left to its lease.
    """
    is_ours = not ended_session(error)
    leave_broken_session()
    code, sentence = _BROKE_OFF if is_ours else _DATABASE
    try:
        wait(held, code=code, sentence=sentence, own_fault=is_ours)
    except Error:
        log.warning("imports.left_to_its_lease", job=str(held.job))
        connection.close()


_BROKE_OFF: Final = (
    "import_broke_off",
    "Aegis broke off at an error of its own and will try again.",
)
_DATABASE: Final = (
    "database_broke_off",
    "The database ended the session of the worker; the import goes on by itself.",
)
