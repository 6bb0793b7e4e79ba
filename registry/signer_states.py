"""What is known of the signers without asking them: noted by a worker, read by pages and probes."""

from collections.abc import Sequence

from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from aegis.problems import Refusal
from registry.models import SignerState, SigningKey

CAN_BE_DELETED = (
    "Vault lets this key be deleted (deletion_allowed). Turn that off: without its public key in "
    "Vault nothing new can be signed in its name."
)


def note_answer(key: SigningKey, *, deletion_allowed: bool = False) -> None:
    """Note that the signer of ``key`` just showed a key that may sign."""
    now = timezone.now()
    SignerState.objects.update_or_create(
        key_name=key.name,
        defaults={
            "checked_at": now,
            "answered_at": now,
            "away_since": None,
            "code": "",
            "sentence": CAN_BE_DELETED if deletion_allowed else "",
        },
    )


def note_absence(key: SigningKey, refusal: Refusal) -> None:
    """Note that the signer of ``key`` just gave no answer, or that the key may not sign."""
    now = timezone.now()
    said = {"checked_at": now, "code": refusal.code, "sentence": refusal.in_full}
    SignerState.objects.update_or_create(
        key_name=key.name,
        # The first absence after an answer begins it; the later ones leave that time alone.
        defaults=said | {"away_since": Coalesce("away_since", Value(now))},
        create_defaults=said | {"away_since": now},
    )


def absences() -> Sequence[SignerState]:
    """Return the signers that gave no answer when they were asked last, the longest first."""
    listed = SigningKey.objects.filter(retired_at=None).values("name")
    away = SignerState.objects.filter(~Q(away_since=None), key_name__in=listed)
    return list(away.order_by("away_since", "key_name"))


def notice() -> str:
    """Return "ok", or a sentence on who does not sign and since when, for probes."""
    return (
        " ".join(
            f"{state.key_name} signs nothing since {state.away_since:%Y-%m-%d %H:%M} UTC: "
            f"{state.sentence}"
            for state in absences()
        )
        or "ok"
    )
