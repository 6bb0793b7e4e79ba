"""Taking texts back that were passed on: out of notifications, and out of letters that are kept."""

from collections.abc import Iterable
from typing import Final

from django.db.models import F, TextField, Value
from django.db.models.functions import Replace

from aegis.events.models import Letter, Notification

GONE: Final = "(redacted)"
# So short a text stands in others' words too; it is taken out where it is all of a body.
_TELLING: Final = 12


def forget_texts(texts: Iterable[str]) -> None:
    """Take ``texts`` out of what people were told; call it in the verb that redacted them.

    A letter that left by mail is with its reader: nothing takes it back.
    """
    for text in texts:
        Notification.objects.filter(body=text).update(body=GONE)
        if len(text) < _TELLING:
            continue
        for rows in (Notification.objects.all(), Letter.objects.all()):
            rows.filter(body__contains=text).update(
                body=Replace(F("body"), Value(text), Value(GONE), output_field=TextField())
            )
