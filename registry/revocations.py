"""The published list of recalled artifacts: signed after each recall, and before it expires."""

from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from aegis.problems import Unavailable
from aegis.proof.signing.revocations import Revocations, Revoked, sign_revocations
from aegis.proof.signing.signer import Signer
from registry.models import Recall, RevocationList
from registry.signing.configured import configured_signer

LIFETIME: Final = timedelta(days=7)
"""How long a list may be believed."""
RENEWED_AFTER: Final = timedelta(days=1)


def latest_list() -> RevocationList:
    """Return the list that is published, or raise ``Unavailable`` before the first was signed."""
    found: RevocationList | None = RevocationList.objects.order_by("-number").first()
    if found is None:
        raise Unavailable(
            "revocations_unsigned",
            "The list of revocations is not signed yet.",
            mend="It follows within a minute once the signer answers.",
        )
    return found


def is_due() -> bool:
    """Say whether a recall is not on the published list, or the list grows old."""
    latest = RevocationList.objects.order_by("-number").first()
    if latest is None or latest.issued_at <= timezone.now() - RENEWED_AFTER:
        return True
    return bool(Recall.objects.count() != latest.count)


def publish(*, signer: Signer | None = None) -> RevocationList | None:
    """Sign the list of all recalls if it is due, outside of any transaction, and keep it.

    None if it is not due, or if another worker kept one meanwhile. Raises ``Unavailable`` while
    the signer is away.
    """
    if not is_due():
        return None
    said = _present()
    bundle = sign_revocations(said, signer=signer or configured_signer())
    try:
        with transaction.atomic():
            made: RevocationList = RevocationList.objects.create(
                number=said.number,
                count=len(said.revoked),
                bundle=bundle.data.decode(),
                key_name=bundle.key_name,
                key_version=bundle.key_version,
                issued_at=said.issued_at,
            )
    except IntegrityError:
        return None
    return made


def _present() -> Revocations:
    # The number is taken before the recalls are read, so that of two workers the one that saw
    # less cannot come out on top.
    last = RevocationList.objects.order_by("-number").values_list("number", flat=True).first()
    rows = Recall.objects.order_by("recalled_at").values_list("version__digest", "recalled_at")
    now = timezone.now()
    return Revocations((last or 0) + 1, now, now + LIFETIME, [Revoked(*row) for row in rows])
