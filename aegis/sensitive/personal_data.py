"""Find what may be personal data: e-mail addresses, telephone numbers, IBANs, payment cards.

Numbers with check digits are reported only where these are right: ISO 13616 (IBAN, modulo 97)
and ISO/IEC 7812 (cards, Luhn). A finding is a hint for people, no verdict.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from aegis.sensitive.found import Found

MOST: Final = 100

E_MAIL: Final = "e-mail address"
PHONE: Final = "telephone number"
IBAN: Final = "IBAN"
CARD: Final = "payment card number"

_E_MAIL: Final = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}(?![\w-])"
)
# Reserved for examples by RFC 2606, and what version control writes for people who hide theirs.
_NOBODYS: Final = re.compile(r"(?i)@(?:.+\.)?(?:example(?:\.\w+)?|localhost|invalid|test)$|noreply")
_PHONE: Final = re.compile(r"(?<![\w+.])\+[1-9][\d ()/.-]{6,22}\d(?![\w])")
_IBAN: Final = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
_CARD: Final = re.compile(
    r"(?<![\w.+-])(?:\d{4}[ -]){3}\d{1,7}(?![\w-])|(?<![\w.+-])\d{13,19}(?![\w.-])"
)
# By issuer: Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay.
_ISSUED: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
_DIGITS_OF_PHONES: Final = range(8, 16)  # E.164 allows fifteen.
_LENGTHS_OF_IBANS: Final = range(15, 35)  # From Norway's to the longest that ISO 13616 allows.


def find_personal_data(text: str) -> list[Found]:
    """Return what kinds ``text`` may hold, by line, each once a line and at most ``MOST``."""
    found: list[Found] = []
    for number, line in enumerate(text.splitlines(), start=1):
        found += [Found(number, kind) for kind in dict.fromkeys(_kinds(line))]
        if len(found) >= MOST:
            break
    return found[:MOST]


def _kinds(line: str) -> Iterator[str]:
    rules: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
        (E_MAIL, _E_MAIL, lambda text: _NOBODYS.search(text) is None),
        (PHONE, _PHONE, _is_phone),
        (IBAN, _IBAN, _is_iban),
        (CARD, _CARD, _is_card),
    )
    for kind, pattern, holds in rules:
        if any(holds(match[0]) for match in pattern.finditer(line)):
            yield kind


def _is_phone(text: str) -> bool:
    return sum(character.isdigit() for character in text) in _DIGITS_OF_PHONES


def _is_iban(text: str) -> bool:
    compact = text.replace(" ", "")
    if len(compact) not in _LENGTHS_OF_IBANS:
        return False
    turned = compact[4:] + compact[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def _is_card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    if _ISSUED.fullmatch(digits) is None or len(set(digits)) == 1:
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
