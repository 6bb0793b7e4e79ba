"""What a gate says, as JSON."""

from typing import Any

from django.urls import NoReverseMatch

from aegis.pages.fixes import fix_url
from approvals.gates import GateOutcome
from registry.models import ModelVersion


def gate_document(outcome: GateOutcome, version: ModelVersion) -> dict[str, Any]:
    """Return the outcome with the address of the page where it can be mended."""
    return {
        "gate": outcome.gate,
        "title": outcome.title,
        "policy": outcome.policy,
        "outcome": str(outcome.outcome),
        "is_blocking": outcome.is_blocking,
        "reason": outcome.reason,
        "mend": outcome.mend or None,
        "who": outcome.who or None,
        "url": _url(outcome, version),
        "findings": dict(outcome.findings),
    }


def _url(outcome: GateOutcome, version: ModelVersion) -> str | None:
    try:
        return fix_url(outcome.fix, version.registered_model.name, version.number) or None
    except NoReverseMatch:
        return None
