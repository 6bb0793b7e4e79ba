"""Compromised keys: marking them, and what they signed."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from aegis.accounts.models import User
from aegis.accounts.permits import require_administrator
from aegis.accounts.recent import why_not_present
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, NotFound
from aegis.sensitive.texts import plain_text
from registry.models import ModelVersion, Signature, SigningKey, SigningKeyVersion, VersionState

LONGEST_REASON = 4_000


@verb
def mark_compromised(
    key: SigningKey,
    *,
    actor: User,
    authenticated_at: datetime | None,
    reason: str,
    version: str | None = None,
) -> list[SigningKeyVersion]:
    """Trust nothing any more that ``version`` of a key signed, or any listed version of it.

    There is no way back. ``authenticated_at`` is when the person last proved who they are.
    Returns the versions that were not marked before; without any it raises ``Conflict``.
    """
    said = plain_text(reason, field="reason", limit=LONGEST_REASON, multiline=True)
    key = SigningKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    listed = SigningKeyVersion.objects.select_for_update().filter(key=key)
    require_administrator(actor, "mark a signing key as compromised")
    if refusal := why_not_present(authenticated_at, act="marking a key as compromised"):
        raise refusal
    marked = [one for one in _asked(key, listed, version) if not one.is_compromised]
    if not marked:
        raise Conflict("signing_key_compromised", f"{key} was marked compromised before.")
    for one in marked:
        one.compromised_at = timezone.now()
        one.compromised_by = actor
        one.compromised_reason = said
        one.save(update_fields=["compromised_at", "compromised_by", "compromised_reason"])
    hints = [one.hint for one in marked]
    record(
        "signing_key:compromised",
        actor=actor,
        about=key,
        data={
            "key": key.name,
            "versions": [one.version for one in marked],
            "hints": hints,
            "affected": affected_versions(hints).count(),
        },
        texts={"reason": said},
    )
    return marked


def affected_versions(hints: Collection[str]) -> QuerySet[ModelVersion]:
    """Return the ready versions whose newest signature one of these public keys made."""
    signed = signed_versions(hints)
    return signed.annotate(signed_with=newest_hint()).filter(signed_with__in=hints)


def signed_versions(hints: Collection[str]) -> QuerySet[ModelVersion]:
    """Return the ready versions of which one of these public keys made any signature."""
    made = Signature.objects.filter(version=OuterRef("pk"), key_hint__in=hints)
    found: QuerySet[ModelVersion] = ModelVersion.objects.filter(
        Exists(made), state=VersionState.READY
    )
    return found


def of_key(hint: str = "key_hint") -> Subquery:
    """Return since when the public key that the column ``hint`` names is compromised."""
    rows = SigningKeyVersion.objects.filter(hint=OuterRef(hint))
    return Subquery(rows.values("compromised_at")[:1])


def newest_hint() -> Subquery:
    """Return which public key made the signature of a version that counts."""
    rows = Signature.objects.filter(version=OuterRef("pk"), manifest_digest=OuterRef("digest"))
    return Subquery(rows.order_by("-signed_at", "-id").values("key_hint")[:1])


def compromised_since(hint: str) -> datetime | None:
    """Return since when a public key is compromised; None while it is trusted."""
    rows = SigningKeyVersion.objects.filter(hint=hint)
    moment: datetime | None = rows.values_list("compromised_at", flat=True).first()
    return moment


def _asked(
    key: SigningKey, listed: QuerySet[SigningKeyVersion], version: str | None
) -> list[SigningKeyVersion]:
    asked = list(listed if version is None else listed.filter(version=version))
    if not asked:
        which = f"version {version[:20]}" if version else "version at all"
        raise NotFound("signing_key_version_unknown", f"{key} has no {which} in the list.")
    return asked
