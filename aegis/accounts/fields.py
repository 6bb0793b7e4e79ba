"""What names, addresses and passwords of accounts and teams may look like."""

import re
from typing import Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from aegis.accounts.models import User
from aegis.problems import Invalid
from aegis.sensitive.texts import plain_text

LONGEST_PASSWORD: Final = 1024
# No "@": what is typed at sign-in is a user name or an e-mail, and must not be both.
_USERNAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
# A team's slug is the first part of `team/name`, an address beside those of the pages.
_RESERVED_SLUGS: Final = frozenset(
    {
        *("account", "admin", "api", "audit", "healthz", "imports", "keys", "login", "metrics"),
        *("models", "policies", "readyz", "reviews", "search", "settings", "static", "teams"),
    }
)


def username(value: object) -> str:
    """Return a user name, or refuse it."""
    text = plain_text(value, field="username", limit=64)
    if not _USERNAME.fullmatch(text):
        raise Invalid(
            "username_form",
            "A user name has letters, digits, dots, dashes and underscores, and begins with a "
            "letter or digit.",
            field="username",
        )
    return text


def person_name(value: object) -> str:
    """Return a person's name as they write it, or refuse it."""
    return plain_text(value, field="name", limit=150)


def email(value: object, *, required: bool = True) -> str:
    """Return an e-mail address in lower case, or refuse it."""
    text = plain_text(value, field="email", limit=254, required=required).lower()
    if not text:
        return ""
    try:
        validate_email(text)
    except ValidationError:
        raise Invalid("email_form", "This is no e-mail address.", field="email") from None
    return text


def password(value: str, *, of: User) -> str:
    """Return a password that the installation's rules accept for ``of``, or refuse it."""
    if len(value) > LONGEST_PASSWORD:
        sentence = f"A password has at most {LONGEST_PASSWORD:,} characters."
        raise Invalid("password_weak", sentence, field="password")
    try:
        validate_password(value, of)
    except ValidationError as error:
        raise Invalid("password_weak", " ".join(error.messages), field="password") from None
    return value


def slug(value: object) -> str:
    """Return a team's short name, or refuse it."""
    text = plain_text(value, field="slug", limit=60)
    if not _SLUG.fullmatch(text):
        raise Invalid(
            "slug_form",
            "A team's short name has small letters, digits and dashes, and begins with a letter "
            "or digit.",
            field="slug",
        )
    if text in _RESERVED_SLUGS:
        sentence = f"{text} is an address of Aegis itself, so no team can be called so."
        raise Invalid("slug_reserved", sentence, field="slug")
    return text


def team_name(value: object) -> str:
    """Return a team's name, or refuse it."""
    return plain_text(value, field="name", limit=120)
