"""Waivers: one person proposes to take a file as a scan found it, another one agrees or not."""

from datetime import datetime

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import NotFound, Refusal
from aegis.sensitive.texts import plain_text
from registry.locks import lock_version
from registry.models import ModelVersion, ScanReport, ScanWaiver, ScanWaiverAnswer
from registry.permissions import permissions_of
from registry.scan_findings import ScannedFile, files_of
from registry.scans import latest_report, settle_scan
from registry.waiver_guards import (
    Waived,
    why_not_answer,
    why_not_approve,
    why_not_propose,
    why_not_revoke,
    why_not_this_file,
    why_not_twice,
    why_not_until,
    why_not_withdraw,
)

LONGEST_REASON = 2_000
_ANSWERS = ScanWaiverAnswer.Verdict


@verb
def propose_waiver(
    version: ModelVersion, *, actor: User, path: str, reason: str, expires_at: datetime
) -> ScanWaiver:
    """Propose to take the file at ``path`` as it is, until ``expires_at``; it covers nothing yet.

    It holds for the bytes and the rules of the latest scan alone. Raises ``Conflict`` for a
    file that nobody can waive.
    """
    reason = plain_text(reason, field="reason", limit=LONGEST_REASON, multiline=True)
    version = lock_version(version)
    held = permissions_of(actor, version.registered_model)
    _refuse(why_not_propose(version, actor, held))
    report = latest_report(version)
    file = _file(report, path)
    _refuse(
        why_not_this_file(version, report, file)
        or why_not_until(expires_at)
        or why_not_twice(waivers_of(version), report, file)
    )
    assert report is not None
    waiver: ScanWaiver = ScanWaiver.objects.create(
        version=version,
        path=path,
        sha256=file.sha256,
        ruleset=report.ruleset,
        reason=reason,
        expires_at=expires_at,
        proposed_by=actor,
    )
    _note("waiver:proposed", waiver, actor, texts={"reason": reason, "path": path})
    return waiver


@verb
def approve_waiver(
    waiver: ScanWaiver, *, actor: User, authenticated_at: datetime | None, comment: str = ""
) -> ScanWaiverAnswer:
    """Agree to a proposed waiver as the second person; the version goes free if nothing else holds.

    ``authenticated_at`` is when the person last proved who they are; None, as for a token, is
    refused.
    """
    waiver, comment = _locked(waiver), _comment(comment, required=False)
    held = permissions_of(actor, waiver.version.registered_model)
    report = latest_report(waiver.version)
    _refuse(why_not_approve(state_of(waiver), actor, held, report, authenticated_at))
    answer = _answer(waiver, _ANSWERS.APPROVE, actor, comment, authenticated_at)
    until = f"{waiver.expires_at:%-d %B %Y}"
    settle_scan(
        waiver.version,
        because=f"{waiver.proposed_by} and {actor} waive {waiver.path} until {until}.",
    )
    return answer


@verb
def decline_waiver(waiver: ScanWaiver, *, actor: User, comment: str) -> ScanWaiverAnswer:
    """Say no to a proposed waiver, and why."""
    waiver, comment = _locked(waiver), _comment(comment)
    held = permissions_of(actor, waiver.version.registered_model)
    _refuse(why_not_answer(state_of(waiver), actor, held))
    return _answer(waiver, _ANSWERS.DECLINE, actor, comment)


@verb
def withdraw_waiver(waiver: ScanWaiver, *, actor: User) -> ScanWaiverAnswer:
    """Take one's own proposal back before anybody answered it."""
    waiver = _locked(waiver)
    held = permissions_of(actor, waiver.version.registered_model)
    _refuse(why_not_withdraw(state_of(waiver), actor, held))
    return _answer(waiver, _ANSWERS.WITHDRAW, actor, "")


@verb
def revoke_waiver(waiver: ScanWaiver, *, actor: User, comment: str) -> ScanWaiverAnswer:
    """End a waiver before its date: the version goes back into quarantine at once."""
    waiver, comment = _locked(waiver), _comment(comment)
    held = permissions_of(actor, waiver.version.registered_model)
    _refuse(why_not_revoke(state_of(waiver), actor, held))
    answer = _answer(waiver, _ANSWERS.REVOKE, actor, comment)
    why = f"{actor} ended the waiver of {waiver.path}. "
    settle_scan(waiver.version, because="", why=why)
    return answer


def state_of(waiver: ScanWaiver) -> Waived:
    """Return a waiver with what was said to it."""
    return Waived(waiver, {answer.verdict: answer for answer in waiver.answers.all()})


def waivers_of(version: ModelVersion) -> list[Waived]:
    """Return all waivers of a version, the latest first, with who said what."""
    found = (
        ScanWaiver.objects.filter(version=version)
        .select_related("proposed_by", "version__registered_model")
        .prefetch_related("answers__answered_by")
        .order_by("-proposed_at")
    )
    return [state_of(waiver) for waiver in found]


def _locked(waiver: ScanWaiver) -> ScanWaiver:
    """Lock the version of a waiver, and read the waiver again."""
    version = lock_version(waiver.version)
    locked: ScanWaiver = ScanWaiver.objects.select_related("proposed_by").get(pk=waiver.pk)
    locked.version = version
    return locked


def _file(report: ScanReport | None, path: str) -> ScannedFile:
    for file in files_of(report) if report else []:
        if file.path == path:
            return file
    raise NotFound("file_not_scanned", f"No scan of this version has a file {path[:200]!r}.")


def _answer(
    waiver: ScanWaiver,
    verdict: str,
    actor: User,
    comment: str,
    authenticated_at: datetime | None = None,
) -> ScanWaiverAnswer:
    answer: ScanWaiverAnswer = ScanWaiverAnswer.objects.create(
        waiver=waiver,
        verdict=verdict,
        comment=comment,
        answered_by=actor,
        authenticated_at=authenticated_at,
    )
    action = {
        _ANSWERS.APPROVE: "waiver:approved",
        _ANSWERS.DECLINE: "waiver:declined",
        _ANSWERS.WITHDRAW: "waiver:withdrawn",
        _ANSWERS.REVOKE: "waiver:revoked",
    }[_ANSWERS(verdict)]
    further = {"authenticated_at": authenticated_at.isoformat()} if authenticated_at else {}
    _note(action, waiver, actor, texts={"comment": comment}, **further)
    return answer


def _note(
    action: str, waiver: ScanWaiver, actor: User, *, texts: dict[str, str], **further: str
) -> None:
    record(
        action,
        actor=actor,
        about=waiver,
        model_id=waiver.version.registered_model_id,
        data={
            "number": waiver.version.number,
            "version": str(waiver.version_id),
            "sha256": waiver.sha256,
            "ruleset": waiver.ruleset,
            "expires_at": waiver.expires_at.isoformat(),
            **further,
        },
        texts=texts,
    )


def _comment(comment: str, *, required: bool = True) -> str:
    return plain_text(
        comment, field="comment", limit=LONGEST_REASON, multiline=True, required=required
    )


def _refuse(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise refusal
