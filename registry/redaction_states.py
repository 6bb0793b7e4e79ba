"""How far a redaction has come, read from its decision and its job."""

from registry.models import Redaction, RedactionDecision


def state_of(redaction: Redaction) -> str:
    """Return ``proposed``, ``declined``, ``withdrawn``, ``underway`` (bytes leave) or ``done``."""
    decision = getattr(redaction, "decision", None)
    if decision is None:
        return "proposed"
    if decision.verdict == RedactionDecision.Verdict.DECLINE:
        return "declined"
    if decision.verdict == RedactionDecision.Verdict.WITHDRAW:
        return "withdrawn"
    job = getattr(redaction, "job", None)
    return "underway" if job is not None and job.finished_at is None else "done"


def is_signed(redaction: Redaction) -> bool:
    """Say whether the statement for verifiers is there."""
    return getattr(redaction, "statement", None) is not None
