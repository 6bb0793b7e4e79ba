"""Find secrets in texts: keys, tokens, passwords and addresses that hold one.

The plugins of detect-secrets, without those that go by entropy (digests are random, too) or by
words alone, and patterns of ours for the tokens that they miss. A finding says what and where,
never the value.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
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

OVERLAP: Final = 1_024
"""A secret is shorter than so many characters, and parts of a text overlap by as many."""
MOST: Final = 100
"""After so many findings nobody needs more of them."""

_EDGE: Final = r"(?<![A-Za-z0-9_-])"
_BEFORE: Final = 64
"""How much in front of a hint belongs to what it hints at."""


@dataclass(frozen=True, slots=True)
class Detector:
    """What finds one kind of secret around the words that every such secret holds.

    ``hints`` are found by plain search, which costs next to nothing where they are absent;
    ``kinds`` says what a stretch of text around one holds.
    """

    hints: tuple[str, ...]
    kinds: Callable[[str], Iterable[str]]
    is_lower: bool = False


def _by_pattern(kind: str, pattern: str) -> Callable[[str], Iterator[str]]:
    compiled = re.compile(pattern)

    def kinds(text: str) -> Iterator[str]:
        if compiled.search(text):
            yield kind

    return kinds


def _by_plugin(plugin: RegexBasedDetector) -> Callable[[str], Iterator[str]]:
    def kinds(text: str) -> Iterator[str]:
        # A plugin looks at one line at a time.
        for line in text.splitlines():
            for value in plugin.analyze_string(line):
                if not _STAND_IN.search(value) and value.lower() not in _STAND_IN_WORDS:
                    yield plugin.secret_type

    return kinds


def _by_name(text: str) -> Iterator[str]:
    if any(_is_secret(match["value"]) for match in _NAMED.finditer(text)):
        yield "password or key"


# A name that promises a secret, and a value behind = or : that is none of the usual stand-ins.
_NAMED: Final = re.compile(
    r"""(?ix) (?:^|[\s"'{,;(&?]) (?:[a-z0-9]+[._-])*
    (?:passwo?r?d|passwd|passphrase|pwd|secret|api[_-]?key|access[_-]?key|secret[_-]?key
        |private[_-]?key|account[_-]?key|client[_-]?secret|auth[_-]?token|access[_-]?token)
    ["']? [^\S\n]* (?:=>|:=|=|:) [^\S\n]* (?P<quote>["']?) (?P<value>[^\s"',;}]{8,}) (?P=quote)"""
)
_STAND_IN: Final = re.compile(
    r"(?i)[<>{}$*]|\.\.\.|^(?:your|my|some|the|an?)[-_ ]|example|change.?me|placeholder|redacted"
    r"|x{4,}|\benv\b|environ|getenv|^(?:password|secret|optional|required|disabled|undefined)$"
)
_STAND_IN_WORDS: Final = frozenset({"pass", "pw", "pwd", "token"})
_MIXED: Final = re.compile(r"(?=.*[A-Za-z])(?=.*[0-9\W])")

_DETECTORS: Final = (
    Detector(("aegis_",), _by_pattern("Aegis token", _EDGE + r"aegis_[A-Za-z0-9_-]{43}(?![\w-])")),
    Detector(("sk-ant-",), _by_pattern("Anthropic key", _EDGE + r"sk-ant-[A-Za-z0-9_-]{20,}")),
    Detector(("dapi",), _by_pattern("Databricks token", _EDGE + r"dapi[0-9a-f]{32}")),
    Detector(
        ("github_pat_",), _by_pattern("GitHub token", _EDGE + r"github_pat_[A-Za-z0-9_]{22,}")
    ),
    Detector(("AIza",), _by_pattern("Google API key", _EDGE + r"AIza[A-Za-z0-9_-]{35}")),
    Detector(("GOCSPX-",), _by_pattern("Google OAuth secret", _EDGE + r"GOCSPX-[\w-]{28}")),
    Detector(
        ("hf_", "api_org_"),
        _by_pattern("Hugging Face token", _EDGE + r"(?:hf|api_org)_[A-Za-z0-9]{34}(?![A-Za-z0-9])"),
    ),
    Detector(("npm_",), _by_pattern("npm token", _EDGE + r"npm_[A-Za-z0-9]{36}")),
    Detector(
        ("sk-",),
        _by_pattern(
            "OpenAI key",
            _EDGE + r"sk-(?:proj-|svcacct-|admin-)?(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{32,}",
        ),
    ),
    Detector(
        ("hvs.", "hvb.", "hvr."), _by_pattern("Vault token", _EDGE + r"hv[sbr]\.[A-Za-z0-9_-]{24,}")
    ),
    Detector(
        ("-Signature=", "sig="),
        _by_pattern(
            "presigned address",
            r"[?&](?:X-(?:Amz|Goog)-Signature=[0-9a-f]{64}|sig=[A-Za-z0-9%+/]{40,}(?:%3D|=))",
        ),
    ),
    Detector(("AKIA", "ASIA", "ABIA", "ACCA", "A3T"), _by_plugin(AWSKeyDetector())),
    Detector(("aws",), _by_plugin(AWSKeyDetector()), is_lower=True),
    Detector(("AccountKey",), _by_plugin(AzureStorageKeyDetector())),
    Detector(("://",), _by_plugin(BasicAuthDetector())),
    Detector(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), _by_plugin(GitHubTokenDetector())),
    Detector(
        (
            "glpat-",
            "gldt-",
            "glft-",
            "glsoat-",
            "glrt-",
            "glcbt-",
            "glimt-",
            "glptt-",
            "glagent-",
            "gloas-",
            "glffct-",
            "GR1348941",
        ),
        _by_plugin(GitLabTokenDetector()),
    ),
    Detector(("eyJ",), _by_plugin(JwtTokenDetector())),
    Detector(("-us",), _by_plugin(MailchimpDetector())),
    Detector(("_authToken",), _by_plugin(NpmDetector())),
    Detector(("BEGIN ", "PuTTY"), _by_plugin(PrivateKeyDetector())),
    Detector(("pypi-",), _by_plugin(PypiTokenDetector())),
    Detector(("SG.",), _by_plugin(SendGridDetector())),
    Detector(("xox", "hooks.slack.com"), _by_plugin(SlackDetector())),
    Detector(("sq0csp-",), _by_plugin(SquareOAuthDetector())),
    Detector(("k_live_",), _by_plugin(StripeDetector())),
    Detector(("passw", "passphrase", "pwd", "secret", "key", "token"), _by_name, is_lower=True),
)
# Those that hold no word that could be searched for, as patterns over the whole text.
_WORDLESS: Final = tuple(
    (re.compile(pattern), _by_plugin(plugin))
    for pattern, plugin in (
        (r"[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.", DiscordBotTokenDetector()),
        (r"[0-9]{8,10}:[A-Za-z0-9_-]{35}", TelegramBotTokenDetector()),
        (r"(?:AC|SK)[a-z0-9]{32}", TwilioKeyDetector()),
    )
)


def find_secrets(text: str) -> list[Found]:
    """Return what secrets ``text`` holds, by line; each kind once a line, and at most ``MOST``."""
    found: set[Found] = set()
    for position, stretch, kinds in _stretches(text):
        for kind in kinds(stretch):
            found.add(Found(text.count("\n", 0, position) + 1, kind))
        if len(found) >= MOST:
            break
    return sorted(found)


def _stretches(text: str) -> Iterator[tuple[int, str, Callable[[str], Iterable[str]]]]:
    """Yield where a hint is, the text around it, and what is to look at that."""
    # This capital is the one letter that grows when it is made small.
    lower = text.replace("\u0130", "I").lower()
    for detector in _DETECTORS:
        for hint in detector.hints:
            covered = 0
            for position in _places(lower if detector.is_lower else text, hint):
                if position < covered:
                    continue
                stretch, end = _around(text, position)
                # What begins in the first half of a stretch ends in it.
                covered = min(end, position + OVERLAP // 2)
                yield position, stretch, detector.kinds
    for pattern, kinds in _WORDLESS:
        for match in pattern.finditer(text):
            yield match.start(), _around(text, match.start())[0], kinds


def _places(text: str, hint: str) -> Iterator[int]:
    position = text.find(hint)
    while position >= 0:
        yield position
        position = text.find(hint, position + len(hint))


def _around(text: str, position: int) -> tuple[str, int]:
    """Return the line of a position, no more of it than two secrets can have, and where it ends."""
    start = max(text.rfind("\n", 0, position) + 1, position - _BEFORE)
    newline = text.find("\n", position, position + OVERLAP)
    end = position + OVERLAP if newline < 0 else newline
    return text[start:end], end


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


def _is_secret(value: str) -> bool:
    return _MIXED.search(value) is not None and _STAND_IN.search(value) is None
