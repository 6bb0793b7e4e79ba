"""Find what may be personal data: e-mail addresses, telephone numbers, IBANs, payment cards.

Numbers with check digits are reported only where these are right: ISO 13616 (IBAN, modulo 97)
and ISO/IEC 7812 (cards, Luhn). A finding is a hint for people, no verdict.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from aegis.sensitive.found import Found

MOST: Final = 100
_AFTER: Final = 300
"""Characters behind a hint that are looked at; nothing that is looked for is longer."""

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
    found: set[Found] = set()
    for rule in _RULES:
        for hint in rule.hint.finditer(text):
            if any(map(rule.holds, rule.around(text, hint.start()))):
                found.add(Found(text.count("\n", 0, hint.start()) + 1, rule.kind))
                if len(found) >= MOST:
                    return sorted(found)
    return sorted(found)


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


@dataclass(frozen=True, slots=True)
class _Rule:
    """A kind: what is cheaply found of it, and the pattern that looks at what stands there.

    ``before`` is how many characters in front of the hint may belong to it.
    """

    kind: str
    hint: re.Pattern[str]
    before: int
    pattern: re.Pattern[str]
    holds: Callable[[str], bool]

    def around(self, text: str, position: int) -> Iterator[str]:
        """Yield what the pattern finds at the hint, or in the stretch around it."""
        if not self.before:
            match = self.pattern.match(text, position)
            if match:
                yield match[0]
            return
        # One character more shows that nothing else stands in front.
        stretch = text[max(0, position - self.before - 1) : position + _AFTER]
        for match in self.pattern.finditer(stretch):
            yield match[0]


_RULES: Final = (
    _Rule(E_MAIL, re.compile("@"), 64, _E_MAIL, lambda text: _NOBODYS.search(text) is None),
    _Rule(PHONE, re.compile(r"\+[1-9]"), 0, _PHONE, _is_phone),
    _Rule(IBAN, re.compile(r"[A-Z]{2}[0-9]{2}"), 0, _IBAN, _is_iban),
    _Rule(CARD, re.compile(r"[0-9]{4}(?:[ -]?[0-9]{4}){2}[ -]?[0-9]"), 0, _CARD, _is_card),
)
