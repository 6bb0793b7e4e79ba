"""Find secrets in texts: keys, tokens, passwords and addresses that hold one.

The plugins of detect-secrets, without those that go by entropy (digests are random, too) or by
words alone, and patterns of ours for the tokens that they miss. A finding says what and where,
never the value.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from aegis.problems import Invalid
from aegis.sensitive.found import SECRET_FOUND, Found

WINDOW: Final = 8_192
"""Characters that are looked at together; a secret is much shorter,"""
OVERLAP: Final = 1_024
"""and by so many do the windows of a longer line overlap."""
MOST: Final = 100
"""After so many findings nobody needs more of them."""

_PLUGINS: Final[tuple[RegexBasedDetector, ...]] = (
    AWSKeyDetector(),
    AzureStorageKeyDetector(),
    BasicAuthDetector(),
    DiscordBotTokenDetector(),
    GitHubTokenDetector(),
    GitLabTokenDetector(),
    JwtTokenDetector(),
    MailchimpDetector(),
    NpmDetector(),
    PrivateKeyDetector(),
    PypiTokenDetector(),
    SendGridDetector(),
    SlackDetector(),
    SquareOAuthDetector(),
    StripeDetector(),
    TelegramBotTokenDetector(),
    TwilioKeyDetector(),
)

_EDGE: Final = r"(?<![A-Za-z0-9_-])"
_PATTERNS: Final = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("Aegis token", _EDGE + r"aegis_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"),
        ("Anthropic key", _EDGE + r"sk-ant-[A-Za-z0-9_-]{20,}"),
        ("Databricks token", _EDGE + r"dapi[0-9a-f]{32}"),
        ("GitHub token", _EDGE + r"github_pat_[A-Za-z0-9_]{22,}"),
        ("Google API key", _EDGE + r"AIza[A-Za-z0-9_-]{35}"),
        ("Google OAuth secret", _EDGE + r"GOCSPX-[A-Za-z0-9_-]{28}"),
        ("Hugging Face token", _EDGE + r"(?:hf|api_org)_[A-Za-z0-9]{34}(?![A-Za-z0-9])"),
        ("npm token", _EDGE + r"npm_[A-Za-z0-9]{36}"),
        ("OpenAI key", _EDGE + r"sk-(?:proj-|svcacct-|admin-)?(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{32,}"),
        ("Vault token", _EDGE + r"hv[sbr]\.[A-Za-z0-9_-]{24,}"),
        (
            "presigned address",
            r"[?&](?:X-(?:Amz|Goog)-Signature=[0-9a-f]{64}|sig=[A-Za-z0-9%+/]{40,}(?:%3D|=))",
        ),
    )
)

# A name that promises a secret, and a value behind = or : that is none of the usual stand-ins.
_NAMED: Final = re.compile(
    r"""(?ix) (?:^|[\s"'{,;(&?]) (?:[a-z0-9]+[._-])*
    (?:passwo?r?d|passwd|passphrase|pwd|secret|api[_-]?key|access[_-]?key|secret[_-]?key
        |private[_-]?key|account[_-]?key|client[_-]?secret|auth[_-]?token|access[_-]?token)
    ["']? \s* (?:=>|:=|=|:) \s* (?P<quote>["']?) (?P<value>[^\s"',;}]{8,}) (?P=quote)"""
)
_STAND_IN: Final = re.compile(
    r"(?i)[<>{}$*]|\.\.\.|^(?:your|my|some|the|an?)[-_ ]|example|change.?me|placeholder|redacted"
    r"|x{4,}|\benv\b|environ|getenv|^(?:password|secret|optional|required|disabled|undefined)$"
)
_MIXED: Final = re.compile(r"(?=.*[A-Za-z])(?=.*[0-9\W])")

# Lines without any of these words hold nothing that a pattern would find, and most lines do not.
_HINTS: Final = re.compile(
    r"(?i)AKIA|ASIA|ABIA|ACCA|A3T|aws|AccountKey|://|[MNO][a-z0-9_-]{23,25}\.|gh[pousr]_|_pat_|gl[a-z]{2,6}-"
    r"|GR1348941|eyJ|-us\d|_authToken|PRIVATE KEY|BEGIN |PuTTY|pypi-|SG\.|xox|slack|sq0|[rs]k_live"
    r"|\d{8,10}:|AC[a-z0-9]{32}|SK[a-z0-9]{32}|aegis_|sk-|dapi|AIza|GOCSPX|hf_|api_org_|npm_|hv[sbr]\."
    r"|Signature=|sig=|pass|pwd|secret|key|token"
)


def find_secrets(text: str) -> list[Found]:
    """Return what secrets ``text`` holds, by line; each kind once a line, and at most ``MOST``."""
    found: set[Found] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        for part in _windows(line):
            if _HINTS.search(part):
                found.update(Found(number, kind) for kind in _kinds(part))
        if len(found) >= MOST:
            break
    return sorted(found)[:MOST]


def refuse_secrets(text: str, *, field: str, name: str = "") -> None:
    """Raise ``Invalid`` with kind and line if ``text`` holds a secret.

    ``name`` is what the text is the value of, such as a parameter's, where that may tell.
    """
    found = find_secrets(text) or (find_secrets(f"{name} = {text}") if name else [])
    if found:
        raise secret_found(found, field=field)


def secret_found(found: Sequence[Found], *, field: str) -> Invalid:
    """Return the refusal of a text that holds secrets: kinds and lines, and no value."""
    first = found[0]
    further = f" and {len(found) - 1} more" if found[1:] else ""
    return Invalid(
        SECRET_FOUND,
        f"{field.replace('_', ' ').capitalize()} holds a secret: {first.kind}, "
        f"line {first.line}{further}.",
        field=field,
        mend="Take it out, and have it revoked where it is valid: it may have been read already.",
        details={"found": [{"kind": one.kind, "line": one.line} for one in found]},
    )


def _windows(line: str) -> Iterator[str]:
    if len(line) <= WINDOW:
        yield line
        return
    for start in range(0, len(line), WINDOW - OVERLAP):
        yield line[start : start + WINDOW]


def _kinds(line: str) -> Iterator[str]:
    for kind, pattern in _PATTERNS:
        if pattern.search(line):
            yield kind
    for plugin in _PLUGINS:
        for value in plugin.analyze_string(line):
            if not _STAND_IN.search(value) and not _is_stand_in_address(plugin, value):
                yield plugin.secret_type
    if any(_is_secret(match["value"]) for match in _NAMED.finditer(line)):
        yield "password or key"


def _is_secret(value: str) -> bool:
    return _MIXED.search(value) is not None and _STAND_IN.search(value) is None


def _is_stand_in_address(plugin: RegexBasedDetector, value: str) -> bool:
    return isinstance(plugin, BasicAuthDetector) and value.lower() in {"pass", "pw", "pwd", "token"}
