"""For how long a server asks to be left alone (RFC 9110, or the ``RateLimit`` of newer ones)."""

import datetime as dt
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = 24 * 60 * 60
A_WHILE: Final = 60
_RATE: Final = re.compile(r"\bt=(\d{1,6})\b")


def asked_pause(headers: Mapping[str, str]) -> int:
    """Return the seconds that an answer asks to wait, up to a day; a minute where it says none."""
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdecimal():
        return min(int(given[:6]), LONGEST)
    try:
        left = parsedate_to_datetime(given) - dt.datetime.now(dt.UTC)
    except (ValueError, TypeError):
        found = _RATE.search(headers.get("ratelimit", ""))
        return min(int(found[1]), LONGEST) if found else A_WHILE
    return max(0, min(round(left.total_seconds()), LONGEST))
