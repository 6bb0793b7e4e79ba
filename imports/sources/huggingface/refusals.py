"""What a hub's refusals mean: by status, ``X-Error-Code`` and ``X-Error-Message``."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aegis.egress.pauses import asked_pause
from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal, Unavailable
from imports.sources.huggingface.publishers_words import fit

_MESSAGE_LENGTH: Final = 300
_BAD_TOKEN: Final = "Invalid credentials"  # noqa: S105 -- What the hub says of one.


@dataclass(frozen=True, slots=True)
class Question:
    """What the hub was asked for: a repository at a revision, and a file of it or none."""

    repo: str
    revision: str
    page: str
    has_token: bool
    path: str = ""


@contextmanager
def hub_answers() -> Iterator[None]:
    """Turn what goes wrong on the way to the hub into ``hub_unreachable``, with the reason."""
    try:
        yield
    except Unavailable as refusal:
        if not refusal.code.startswith("egress_"):
            raise
        raise Unavailable(
            "hub_unreachable", f"The hub does not answer: {refusal.sentence}", mend=refusal.mend
        ) from refusal


def refusal_of(status: int, headers: Mapping[str, str], asked: Question) -> Refusal:
    """Return the refusal that an answer of the hub means; what the hub says itself is in it."""
    message = fit(headers.get("x-error-message", ""), limit=_MESSAGE_LENGTH)
    said = f" The hub says: “{message}”" if message else ""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _busy(headers)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable("hub_unreachable", f"The hub fails (it answers {status}).{said}")
    code = headers.get("x-error-code", "")
    meaning = _BY_CODE.get(code) or _BY_STATUS.get(status, _refused)
    if code not in _BY_CODE and _BAD_TOKEN in message:
        meaning = _login_needed
    return meaning(asked, said)


def _repo_not_found(asked: Question, said: str) -> Refusal:
    whom = "that the account of HF_TOKEN may see" if asked.has_token else "that is public"
    return NotFound(
        "hub_repo_not_found",
        f"The hub has no repository {asked.repo} {whom}.{said}",
        mend="Look at the spelling; for a private one the operator sets HF_TOKEN to a token that "
        "may read it.",
    )


def _revision_not_found(asked: Question, said: str) -> Refusal:
    return NotFound(
        "hub_revision_not_found",
        f"{asked.repo} has no revision {asked.revision}.{said}",
        mend=f"Its branches and tags are listed at {asked.page}.",
    )


def _file_not_found(asked: Question, said: str) -> Refusal:
    return Conflict(
        "source_changed", f"{asked.path} is no longer in {asked.repo} at {asked.revision}.{said}"
    )


def _gated(asked: Question, said: str) -> Refusal:
    account = (
        "with the account of HF_TOKEN"
        if asked.has_token
        else "with an account of the hub, whose token the operator sets as HF_TOKEN"
    )
    return Forbidden(
        "hub_gated",
        f"{asked.repo} is gated: its publishers let in whom they accept.{said}",
        mend=f"Ask for access at {asked.page}, {account}.",
    )


def _login_needed(asked: Question, said: str) -> Refusal:
    return Forbidden(
        "hub_login_needed",
        f"The hub asks for a token that it knows before it gives {asked.repo}.{said}",
        mend="The operator sets HF_TOKEN to one that is valid.",
    )


def _forbidden(asked: Question, said: str) -> Refusal:
    return Forbidden("hub_forbidden", f"The hub does not give {asked.repo} to Aegis.{said}")


def _not_there(asked: Question, said: str) -> Refusal:
    return (_file_not_found if asked.path else _repo_not_found)(asked, said)


def _refused(asked: Question, said: str) -> Refusal:
    return Invalid("hub_refused", f"The hub does not take what it is asked of {asked.repo}.{said}")


def _busy(headers: Mapping[str, str]) -> Unavailable:
    seconds = asked_pause(headers)
    return Unavailable(
        "hub_busy",
        f"The hub has had too many requests and asks to wait for {seconds:,} seconds.",
        mend="A running import goes on by itself; HF_TOKEN raises the limit.",
        details={"retry_after": seconds},
    )


_BY_CODE: Final[Mapping[str, Callable[[Question, str], Refusal]]] = {
    "GatedRepo": _gated,
    "RepoNotFound": _repo_not_found,
    "RevisionNotFound": _revision_not_found,
    "EntryNotFound": _file_not_found,
}
_BY_STATUS: Final[Mapping[int, Callable[[Question, str], Refusal]]] = {
    HTTPStatus.UNAUTHORIZED: _login_needed,
    HTTPStatus.FORBIDDEN: _forbidden,
    HTTPStatus.NOT_FOUND: _not_there,
}
