"""What tests of redactions begin with: proposals of mina's, and the second person's word."""

from typing import Any

from django.utils import timezone

from aegis.accounts.models import User
from registry.models import ModelVersion, Redaction, RedactionDecision
from registry.redaction import approve_redaction, propose_redaction

CANARY = "canary 7f3a19c2 of Anna Example"


def propose(version: ModelVersion, actor: User, kind: str, target: object) -> Redaction:
    """Propose to take something out."""
    return propose_redaction(
        version,
        actor=actor,
        kind=kind,
        target=str(target),
        reason_code="personal_data",
        reason="It names a customer.",
    )


def agree(redaction: Redaction, actor: User, **changes: Any) -> RedactionDecision:
    """Agree just after a sign-in."""
    said = {"authenticated_at": timezone.now(), **changes}
    return approve_redaction(redaction, actor=actor, **said)
