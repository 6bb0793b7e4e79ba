"""Talking to a registry: its address, the token, what is asked again, and every error as one."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Self
from urllib.parse import quote

import httpx

from aegis.problems import Invalid, Refusal
from aegis.proof.streams import CHUNK
from aegis.sdk.errors import BadAnswer, Unreachable, refusal_of
from aegis.sdk.retries import FIRST_CONTACT, Patience

API: Final = "/api/v1/"
DEFAULT_URL: Final = "http://127.0.0.1:8000"
AWAY: Final = httpx.TransportError
"""Errors after which nobody knows whether the request arrived."""

_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0, write=120.0)
# The last part of a file is answered once the whole of it is hashed.
_PART_TIMEOUT: Final = httpx.Timeout(600.0, connect=10.0)
BUSY: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")


@dataclass(slots=True)
class Connection:
    """A registry at ``url`` for whoever bears ``token``, which no text of this object shows.

    ``patience_seconds`` is how long a request is asked again while the registry is away.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    patience_seconds: float = 120.0
    _client: httpx.Client = field(init=False, repr=False)
    _has_answered: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        self.url = _checked_url(self.url)
        headers = {"Accept": "application/json", "User-Agent": "aegis-sdk"}
        if self.token:
            headers["Authorization"] = f"Bearer {_checked_token(self.token)}"
        self._client = httpx.Client(base_url=self.url, headers=headers, timeout=_TIMEOUT)

    @classmethod
    def configured(
        cls, url: str | None, token: str | None, *, patience_seconds: float = 120.0
    ) -> Self:
        """Return the connection of ``url`` and ``token``, each from the environment if not given.

        The environment says them in AEGIS_URL and AEGIS_TOKEN.
        """
        return cls(
            url or os.environ.get("AEGIS_URL") or DEFAULT_URL,
            token or os.environ.get("AEGIS_TOKEN") or None,
            patience_seconds,
        )

    def close(self) -> None:
        """Give the connections up."""
        self._client.close()

    def get(self, path: str, **parameters: str) -> Any:
        """Return the JSON at ``path`` of the API."""
        return _json(self.ask("GET", path, params=parameters))

    def pages(self, path: str, **parameters: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a list, page after page."""
        page = self.get(path, **parameters)
        while True:
            yield from page["results"]
            following = page.get("next")
            if not following:
                return
            # The cursor alone is taken: behind a proxy the address may be of another host.
            cursor = httpx.URL(following).params["cursor"]
            page = self.get(path, **{**parameters, "cursor": cursor})

    def send(self, method: str, path: str, fields: Any = None, *, key: str | None = None) -> Any:
        """Send JSON and return the answer's. Only with an idempotency ``key`` is it asked again."""
        headers = {"Idempotency-Key": key} if key else {}
        may_repeat = key is not None or method != "POST"
        answer = self.ask(method, path, headers=headers, json=fields, may_repeat=may_repeat)
        return _json(answer) if answer.content else None

    def ask(
        self,
        method: str,
        path: str,
        *,
        may_repeat: bool = True,
        patience: Patience | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Return the answer, or raise the refusal that it is. ``path`` may begin with a slash."""
        patience = patience or self.patience()
        while True:
            try:
                answer = self._client.request(method, _address(path), **options)
            except AWAY as error:
                if not (may_repeat or isinstance(error, httpx.ConnectError)) or not patience.wait():
                    raise self.away(error) from error
                continue
            self._has_answered = True
            is_busy = answer.status_code in BUSY and may_repeat
            if is_busy and patience.wait(answer.headers.get("Retry-After")):
                continue
            return self._accepted(answer)

    def put_part(self, path: str, data: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Send a part once; raise an error of ``AWAY`` where nobody knows whether it arrived."""
        answer = self._client.put(
            _address(path),
            content=_pieces(data),
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Length": str(len(data)),
                **headers,
            },
            timeout=_PART_TIMEOUT,
        )
        self._has_answered = True
        return answer

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Open the bytes at ``path``, on whatever host the registry sends to; once."""
        with self._client.stream(
            "GET", _address(path), headers=dict(headers), follow_redirects=True
        ) as answer:
            self._has_answered = True
            if answer.status_code >= HTTPStatus.BAD_REQUEST:
                answer.read()
            yield answer

    def patience(self) -> Patience:
        """Return how long something that fails now is asked again."""
        seconds = self.patience_seconds
        return Patience(seconds if self._has_answered else min(seconds, FIRST_CONTACT))

    def refusal(self, answer: httpx.Response) -> Refusal:
        """Return the exception that an answer of 400 or more stands for."""
        return refusal_of(answer.status_code, answer.content, address=self.url)

    def away(self, error: Exception) -> Unreachable:
        """Return the refusal for a registry that cannot be reached."""
        is_slow = isinstance(error, httpx.TimeoutException)
        reason = "it does not answer in time" if is_slow else str(error) or type(error).__name__
        return Unreachable(
            "unreachable",
            f"The registry at {self.url} cannot be reached: {reason.rstrip('.')}.",
            mend="Check AEGIS_URL, and that the registry runs.",
        )

    def _accepted(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            raise self.refusal(answer)
        if answer.is_redirect:
            raise BadAnswer(
                "redirected",
                f"{self.url} sends to {answer.headers.get('Location', 'another address')[:200]}.",
                mend="Set AEGIS_URL to the address of the registry itself.",
            )
        return answer


def quoted(path: str) -> str:
    """Return a path of an artifact, or a name, as it stands in an address."""
    return quote(path, safe="/")


def _pieces(data: bytes) -> Iterator[bytes]:
    # The library keeps a request's body for a while in reference cycles; a spent generator
    # holds nothing, so that memory does not grow with what was sent.
    for start in range(0, len(data), CHUNK):
        yield data[start : start + CHUNK]


def _address(path: str) -> str:
    return path if path.startswith("/") else API + path


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except (ValueError, RecursionError) as error:
        raise BadAnswer(
            "answer_not_json",
            f"{answer.url.host} answered {answer.status_code} with something that is no JSON.",
            mend="Check that AEGIS_URL is the address of a registry.",
        ) from error


def _checked_url(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise _no_address(url) from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise _no_address(url)
    if parsed.userinfo:
        raise Invalid(
            "url_holds_credentials",
            "The address of the registry must not hold a user name or password.",
            mend="Put a token into AEGIS_TOKEN.",
        )
    return str(parsed).rstrip("/")


def _no_address(url: str) -> Invalid:
    return Invalid(
        "url_invalid",
        f"{url[:200]!r} is no address of a registry.",
        mend="It looks like https://aegis.example.com; set it in AEGIS_URL.",
    )


def _checked_token(token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise Invalid(
            "token_malformed",
            "The token holds white space or characters that no token has.",
            mend="Set AEGIS_TOKEN to the token alone, as your account page showed it.",
        )
    return token
