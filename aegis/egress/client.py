"""The one way out by HTTP: ``open_client`` asks a server outside, within limits of time and bytes.

https only, unless the operator named the host in ``AEGIS_EGRESS_ALLOW``; no proxy of the
environment; no redirect that was not looked at; nothing of what a server answers is trusted.
"""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import SplitResult, urlsplit

import httpx

from aegis.egress.bodies import Body
from aegis.egress.connecting import Deadline, is_allowed, refused
from aegis.egress.transport import GuardedTransport, faults_of
from aegis.problems import Invalid, Unavailable

ANSWER_BYTES: Final = 16 * 1024**2
REDIRECTS: Final = 5
_PORTS: Final = {"http": 80, "https": 443}
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
# What another server may be told: a credential is for the one that it was given for.
_FOR_ANYBODY: Final = frozenset({"accept", "if-match", "if-range", "range"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, whole."""

    host: str
    status: int
    headers: httpx.Headers
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON, or raise ``Unavailable``."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise _unreadable(self.host, "with something that is no JSON") from error


class Client:
    """Asks the server at ``base_url``, for one thread; no text of it shows its headers.

    Nothing is waited for longer than ``seconds``; bodies that are streamed take as long as they
    keep coming.
    """

    def __init__(self, base_url: str, *, headers: Mapping[str, str], seconds: float) -> None:
        self._base = _checked(base_url.rstrip("/"))
        self._seconds = seconds
        self._deadline = Deadline()
        self._own_headers = dict(headers)
        self._http = httpx.Client(
            transport=GuardedTransport(self._deadline),
            timeout=httpx.Timeout(seconds, connect=min(seconds, 10.0)),
            headers={"Accept-Encoding": "identity", "User-Agent": "aegis"},
            trust_env=False,
            follow_redirects=False,
        )

    @property
    def host(self) -> str:
        """The name of the server, with its port where it is not the usual one."""
        return self._base.netloc

    def close(self) -> None:
        """Give the connections up."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
        most: int = ANSWER_BYTES,
    ) -> Answer:
        """Return the answer to a request of this server, of whatever status.

        ``path`` begins with a slash and is quoted; ``content`` is sent as JSON. A GET follows
        redirects on the same server. ``Invalid`` with ``egress_too_large`` for more than ``most``
        bytes, ``Unavailable`` for a server that does not answer.
        """
        request = self._request(method, path, params=params, content=content, headers=headers)
        with self._sent(request, REDIRECTS if method == "GET" else 0, elsewhere=False) as response:
            host = request.url.netloc.decode()
            body = bytearray()
            with faults_of(host):
                for piece in response.iter_raw():
                    body += piece
                    if len(body) > most:
                        raise Invalid(
                            "egress_too_large",
                            f"{host} answered with more than {most:,} bytes, which is not read.",
                        )
            return Answer(host, response.status_code, response.headers, bytes(body))

    @contextmanager
    def stream(
        self, path: str, *, headers: Mapping[str, str] | None = None
    ) -> Generator[Body, None, None]:
        """Open what lies at ``path``, following redirects to other servers.

        Another server is told no credential: of all headers, the range and its condition only.
        """
        request = self._request("GET", path, headers=headers)
        with self._sent(request, REDIRECTS, elsewhere=True) as response:
            yield Body(response.request.url.netloc.decode(), response, self._deadline)

    def begin(self, method: str, target: str, *, headers: Mapping[str, str]) -> Body:
        """Send a request as it is, and return the answer of whatever status, to be read and closed.

        ``target`` is the quoted path with its query, as it was signed. No redirect is followed, and
        bytes are given as they are stored, in whatever encoding.
        """
        request = self._http.build_request(
            method, f"{self._base.geturl()}{target}", headers=headers
        )
        self._deadline.begin(self._seconds)
        try:
            response = self._send(request)
        finally:
            self._deadline.end()
        return Body(self.host, response, self._deadline)

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        return self._http.build_request(
            method,
            f"{self._base.geturl()}{path}",
            params=params,
            json=content,
            headers=self._own_headers | dict(headers or {}),
        )

    @contextmanager
    def _sent(
        self, request: httpx.Request, redirects: int, *, elsewhere: bool
    ) -> Iterator[httpx.Response]:
        self._deadline.begin(self._seconds)
        response = self._send(request)
        try:
            while response.status_code in _MOVED and "location" in response.headers and redirects:
                redirects -= 1
                response.close()
                response = self._send(self._next_request(response, elsewhere=elsewhere))
            if response.headers.get("content-encoding", "identity") != "identity":
                raise _unreadable(self.host, "in an encoding that was not asked for")
            yield response
        finally:
            self._deadline.end()
            response.close()

    def _send(self, request: httpx.Request) -> httpx.Response:
        with faults_of(request.url.netloc.decode()):
            return self._http.send(request, stream=True)

    def _next_request(self, response: httpx.Response, *, elsewhere: bool) -> httpx.Request:
        before = response.request
        try:
            url = before.url.join(response.headers["location"])
        except (httpx.InvalidURL, ValueError) as error:
            raise _unreadable(self.host, "with a redirect that cannot be read") from error
        _checked(str(url))
        if _origin(url) == _origin(before.url):
            return self._http.build_request(before.method, url, headers=before.headers)
        if not elsewhere:
            raise refused(
                url.host,
                url.port or _PORTS[url.scheme],
                f"{self.host} sends on to {url.host}, which is another server.",
            )
        kept = {name: value for name, value in before.headers.items() if name in _FOR_ANYBODY}
        return self._http.build_request(before.method, url, headers=kept)


def open_client(
    base_url: str, *, headers: Mapping[str, str] | None = None, seconds: float = 30.0
) -> Client:
    """Return a client of the server at ``base_url``, or raise ``Forbidden`` (``egress_refused``).

    ``headers`` go to that server with every request, and to no other.
    """
    return Client(base_url, headers=headers or {}, seconds=seconds)


def _checked(url: str) -> SplitResult:
    """Return an address that may be asked, or refuse it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        raise _not_an_address() from None
    if not host or not port or parts.scheme not in _PORTS or parts.username is not None:
        raise _not_an_address()
    if parts.scheme != "https" and not is_allowed(host, port):
        raise refused(host, port, f"{host} is not asked over plain http.")
    return parts


def _not_an_address() -> Invalid:
    return Invalid(
        "egress_address_invalid",
        "The address of a server is https:// and its name, without a password.",
    )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme)


def _unreadable(host: str, how: str) -> Unavailable:
    return Unavailable("egress_unreadable", f"{host} answered {how}.")
