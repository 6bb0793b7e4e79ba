"""Why somebody may not propose, answer or end a waiver, as the refusal that says so.

Each guard returns None where the act is allowed; verbs raise what they return, pages ask them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from aegis.accounts.models import User
from aegis.accounts.recent import why_not_present
from aegis.problems import Conflict, Forbidden, Invalid, Refusal
from registry.makers import deed_of, person_of
from registry.models import ModelVersion, ScanReport, ScanWaiver, ScanWaiverAnswer
from registry.models.waivers import LONGEST_WAIVER
from registry.permissions import (
    CONTRIBUTE,
    MAINTAIN,
    REVIEW,
    VIEW,
    lacking,
    model_not_found,
    who_can,
)
from registry.scan_findings import ScannedFile, files_of

_ANSWERS = ScanWaiverAnswer.Verdict


@dataclass(frozen=True, slots=True)
class Waived:
    """A waiver and what was said to it, by the verdict."""

    waiver: ScanWaiver
    answers: Mapping[str, ScanWaiverAnswer]

    @property
    def is_waiting(self) -> bool:
        """Say whether nobody has answered it."""
        return not self.answers and not self.is_over

    @property
    def is_over(self) -> bool:
        """Say whether its date has passed."""
        return self.waiver.expires_at <= timezone.now()

    @property
    def is_agreed(self) -> bool:
        """Say whether two people stand by it."""
        return _ANSWERS.APPROVE in self.answers and _ANSWERS.REVOKE not in self.answers

    @property
    def state(self) -> str:
        """Return in one word how it stands: waiting, agreed, declined, withdrawn or ended."""
        if _ANSWERS.DECLINE in self.answers:
            return "declined"
        if _ANSWERS.WITHDRAW in self.answers:
            return "withdrawn"
        if self.is_over or _ANSWERS.REVOKE in self.answers:
            return "ended"
        return "agreed" if self.is_agreed else "waiting"

    @property
    def approval(self) -> ScanWaiverAnswer | None:
        """Return the second person's word."""
        return self.answers.get(_ANSWERS.APPROVE)

    def covers(self, report: ScanReport, file: ScannedFile) -> bool:
        """Say whether the file of the report is let through by it now."""
        return self.is_agreed and not self.is_over and self.fits(report.ruleset, file)

    def fits(self, ruleset: str, file: ScannedFile) -> bool:
        """Say whether it is about this file as a scan by these rules found it."""
        said = (self.waiver.path, self.waiver.sha256, self.waiver.ruleset)
        return said == (file.path, file.sha256, ruleset) and file.can_be_waived


def why_not_propose(version: ModelVersion, user: User, held: Collection[str]) -> Refusal | None:
    """Refuse whoever neither contributes nor reviews, and who had a hand in the version."""
    refusal = _why_not_role(version, held, CONTRIBUTE, (CONTRIBUTE, REVIEW))
    return refusal or _why_not_these_hands(version, user)


def why_not_until(expires_at: datetime) -> Refusal | None:
    """Refuse a date that has passed, or lies too far away."""
    now = timezone.now()
    if now < expires_at <= now + timedelta(days=LONGEST_WAIVER):
        return None
    return Invalid(
        "waiver_date_invalid",
        f"A waiver ends on a day to come, at most {LONGEST_WAIVER} days from now.",
        field="expires_at",
    )


def why_not_twice(
    waivers: Iterable[Waived], report: ScanReport | None, file: ScannedFile
) -> Refusal | None:
    """Refuse to propose what waits for an answer, or was agreed on already."""
    for known in waivers:
        if report is None or not known.fits(report.ruleset, file):
            continue
        if known.is_waiting:
            return Conflict(
                "waiver_proposed",
                f"{known.waiver.proposed_by} proposed a waiver of {file.path} already.",
                mend="A second person can agree to it or decline it.",
                details={"waiver": str(known.waiver.pk)},
            )
        if known.covers(report, file):
            return Conflict(
                "waiver_in_force",
                f"{file.path} is waived until {known.waiver.expires_at:%-d %B %Y} already.",
                details={"waiver": str(known.waiver.pk)},
            )
    return None


def why_not_approve(
    said: Waived,
    user: User,
    held: Collection[str],
    report: ScanReport | None,
    authenticated_at: datetime | None,
) -> Refusal | None:
    """Refuse whoever is no second person, and a waiver that does not fit the latest scan."""
    version = said.waiver.version
    return (
        why_not_answer(said, user, held)
        or _why_not_these_hands(version, user)
        or _why_not_fitting(said, report)
        or why_not_present(authenticated_at, act="agreeing to a waiver")
    )


def why_not_answer(said: Waived, user: User, held: Collection[str]) -> Refusal | None:
    """Refuse whoever does not review or maintain the model, and an answered waiver."""
    version = said.waiver.version
    if refusal := _why_not_role(version, held, REVIEW, (REVIEW, MAINTAIN)):
        return refusal
    if refusal := _why_not_a_person(user):
        return refusal
    if person_of(user) == person_of(said.waiver.proposed_by):
        return Forbidden(
            "own_waiver",
            "You proposed this waiver, so another person answers it.",
            mend=who_can(REVIEW, version.registered_model),
        )
    return _why_not_waiting(said)


def why_not_withdraw(said: Waived, user: User, held: Collection[str]) -> Refusal | None:
    """Refuse whoever did not propose it, and an answered waiver."""
    version = said.waiver.version
    if VIEW not in held:
        return model_not_found(version.registered_model.name)
    if person_of(user) != person_of(said.waiver.proposed_by):
        proposer = said.waiver.proposed_by
        return Forbidden("not_your_waiver", f"{proposer} proposed it, so only they take it back.")
    return _why_not_waiting(said)


def why_not_revoke(said: Waived, user: User, held: Collection[str]) -> Refusal | None:
    """Refuse whoever neither reviews nor maintains the model, and what is not in force."""
    version = said.waiver.version
    if refusal := _why_not_role(version, held, REVIEW, (REVIEW, MAINTAIN)):
        return refusal
    if refusal := _why_not_a_person(user):
        return refusal
    if said.is_agreed and not said.is_over:
        return None
    return Conflict("waiver_not_in_force", "This waiver is not in force, so there is no end to it.")


def _why_not_role(
    version: ModelVersion, held: Collection[str], named: str, enough: Collection[str]
) -> Refusal | None:
    model = version.registered_model
    if VIEW not in held:
        return model_not_found(model.name)
    return None if any(short in held for short in enough) else lacking(named, model)


def _why_not_a_person(user: User) -> Refusal | None:
    if not user.is_service:
        return None
    return Forbidden("service_account", "A waiver is people's word, not a service account's.")


def _why_not_these_hands(version: ModelVersion, user: User) -> Refusal | None:
    if refusal := _why_not_a_person(user):
        return refusal
    deed = deed_of(user, version)
    if deed is None:
        return None
    return Forbidden(
        "own_version",
        f"You {deed}, so you waive nothing about it.",
        mend=who_can(REVIEW, version.registered_model),
    )


def why_not_this_file(
    version: ModelVersion, report: ScanReport | None, file: ScannedFile
) -> Refusal | None:
    """Refuse to waive a file that needs no waiver, or that nobody can waive."""
    if report is None or not file.blocks:
        return Conflict("nothing_to_waive", f"The scan found nothing in {file.path} that blocks.")
    if file.is_dangerous:
        return Conflict(
            "cannot_be_waived",
            f"{file.path} cannot be waived by anyone: {file.reason}",
            mend=f"Add a version of {version.registered_model.name} without this file.",
        )
    return None


def _why_not_fitting(said: Waived, report: ScanReport | None) -> Refusal | None:
    if report and any(said.fits(report.ruleset, file) for file in files_of(report)):
        return None
    return Conflict(
        "waiver_outdated",
        f"The latest scan found something else in {said.waiver.path}, so this waiver is of no use.",
        mend="Read what the scan says now, and propose a waiver anew if it still should be.",
    )


def _why_not_waiting(said: Waived) -> Refusal | None:
    if said.is_waiting:
        return None
    if not said.answers:
        return Conflict("waiver_over", "The date of this waiver has passed.")
    answer = next(iter(said.answers.values()))
    return Conflict(
        "waiver_answered",
        f"{answer.answered_by} answered this waiver already: "
        f"{answer.get_verdict_display().lower()}.",
    )
