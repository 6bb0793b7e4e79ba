"""The words for how far a request has come and for why a version changed its stage."""

from django.db import models


class RequestState(models.TextChoices):
    """How far a promotion request has come."""

    OPEN = "open", "Open"
    APPROVED = "approved", "Approved"
    PROMOTING = "promoting", "Promoting"
    PROMOTED = "promoted", "Promoted"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    STALE = "stale", "Stale"
    EXPIRED = "expired", "Expired"
    FAILED = "failed", "Failed"


class TransitionKind(models.TextChoices):
    """Why a version changed its stage."""

    PROMOTION = "promotion", "Promoted"
    SUPERSEDED = "superseded", "Superseded"
    ROLLBACK = "rollback", "Rolled back to"
    ARCHIVE = "archive", "Archived"
    RECALL = "recall", "Recalled"


UNDER_WAY = (RequestState.OPEN, RequestState.APPROVED, RequestState.PROMOTING)
"""The states from which a request may still end in a promotion."""

CLOSED = tuple(state for state in RequestState if state not in UNDER_WAY)
"""The states that a request never leaves."""
