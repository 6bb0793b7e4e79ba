"""The answers that are kept for requests that are sent again."""

import json
from collections.abc import Iterable

from django.db.models import TextField
from django.db.models.functions import Cast

from aegis.accounts.models import IdempotencyKey


def forget_answers(texts: Iterable[str]) -> None:
    """Empty the kept answers that repeat one of ``texts``; the request is still not done twice."""
    rows = IdempotencyKey.objects.annotate(text=Cast("body", TextField()))
    for text in texts:
        # As PostgreSQL writes it inside of a JSON text.
        written = json.dumps(text, ensure_ascii=False)[1:-1]
        rows.filter(text__contains=written).update(body={"redacted": True})
