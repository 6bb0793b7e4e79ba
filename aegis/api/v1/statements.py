"""The signed statements of moves, as they are given out."""

from django.http import HttpResponse

from approvals.models import PromotionStatement
from registry.compromises import compromised_since
from registry.readers import BUNDLE_MEDIA_TYPE


def bundle_of(statement: PromotionStatement) -> HttpResponse:
    """Answer with the bundle; its headers name the key, and since when that vouches for nothing."""
    headers = {"X-Aegis-Key-Hint": statement.key_hint}
    if compromised := compromised_since(statement.key_hint):
        headers["X-Aegis-Key-Compromised"] = compromised.isoformat()
    return HttpResponse(statement.envelope, content_type=BUNDLE_MEDIA_TYPE, headers=headers)
