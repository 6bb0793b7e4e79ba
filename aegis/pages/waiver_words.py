"""What one person may say to a waiver, and why not more, as its page shows it."""

from dataclasses import dataclass

from django.utils import timezone

from aegis.accounts.models import User
from aegis.problems import Refusal
from registry.permissions import permissions_of
from registry.scans import latest_report
from registry.waiver_guards import (
    Waived,
    why_not_answer,
    why_not_approve,
    why_not_revoke,
    why_not_withdraw,
)


@dataclass(frozen=True, slots=True)
class Word:
    """The ``offers`` are verdicts in the words of the form; ``refusal``: why not to agree."""

    offers: dict[str, str]
    refusal: Refusal | None


def word_of(said: Waived, user: User) -> Word:
    """Return what ``user`` may say to a waiver now."""
    version = said.waiver.version
    held = permissions_of(user, version.registered_model)
    refusal = why_not_answer(said, user, held)
    offers: dict[str, str] = {}
    if refusal is None:
        # Whether somebody is there in person is asked with the form.
        refusal = why_not_approve(said, user, held, latest_report(version), timezone.now())
        agree = {} if refusal else {"approve": "Agree: take the file as it is"}
        offers |= agree | {"decline": "Decline: the version stays in quarantine"}
    if why_not_withdraw(said, user, held) is None:
        offers["withdraw"] = "Take my proposal back"
    if why_not_revoke(said, user, held) is None:
        offers["revoke"] = "End it now: the version goes back into quarantine"
    return Word(offers, refusal)
