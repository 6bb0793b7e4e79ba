"""Refusals of the domain: each is a sentence with a stable code.

One middleware (pages) and one exception handler (REST) render them, so a verb
only raises. The JSON form is RFC 9457 ``application/problem+json``.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

PROBLEM_TYPE: Final = "application/problem+json"


def problem_document(status: int, code: str, sentence: str, **extra: Any) -> dict[str, Any]:
    """Return the JSON of a problem (RFC 9457), with the code that programs read."""
    return {"type": "about:blank", "status": status, "code": code, "title": sentence, **extra}


class Refusal(Exception):  # noqa: N818 -- The domain's word for it; it is no error of the program.
    """Refuse an act, with a sentence for people and a code for programs.

    ``mend`` says what would make it possible and who can do that; ``url`` is a
    path of the site where it can be done; ``details`` holds JSON values. ``kind`` is one word
    for what sort of refusal it is, for where one is kept and told later.
    """

    status = 409
    kind: ClassVar[str] = "failed"

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        status: int | None = None,
        mend: str | None = None,
        url: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.mend = mend
        self.url = url
        self.details = dict(details or {})
        if status is not None:
            self.status = status

    @property
    def in_full(self) -> str:
        """The sentence with what would mend it, where both are kept as one text."""
        return " ".join(filter(None, (self.sentence, self.mend)))


class Invalid(Refusal):
    """The input is not what it must be. ``field`` names the part of it, if one is to blame."""

    status = 400
    kind = "invalid"

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        field: str | None = None,
        mend: str | None = None,
        url: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code, sentence, mend=mend, url=url, details=details)
        self.field = field


class NotFound(Refusal):
    """There is no such thing, or not for this person: the answer is the same."""

    status = 404
    kind = "not_found"


class Forbidden(Refusal):
    """The person may read it, but may not do this."""

    status = 403
    kind = "forbidden"


class Conflict(Refusal):
    """The state of things does not allow it, or changed meanwhile."""

    status = 409
    kind = "conflict"


class Unavailable(Refusal):
    """A part that Aegis needs does not answer."""

    status = 503
    kind = "unavailable"
