"""boto3 held to the same rules: what it sends goes out by ``aegis.egress`` and no other way.

boto3 signs, and reads what is answered; its own connections are never opened. So they follow no
proxy of the environment, trust no other authorities, and end where the operator allows it.
"""

from collections.abc import Iterator, Mapping
from threading import Lock, get_ident
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders

from aegis.egress.bodies import Body
from aegis.egress.client import ANSWER_BYTES, Client, open_client
from aegis.problems import Unavailable
from aegis.proof.streams import chunks

SECONDS: Final = 60.0
"""So long an answer's head may take; a body may as long as it keeps coming."""


class Sender:
    """Sends the requests of the boto3 clients that it is attached to.

    What goes wrong is a refusal of ``aegis.egress``. A thread reads one body at a time.
    """

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._clients: dict[tuple[int, str], Client] = {}
        self._lock = Lock()

    def attach(self, client: BaseClient) -> None:
        """Let ``client`` send nothing by itself any more."""
        # A handler that returns an answer stands in for sending; the stubs know of none that does.
        client.meta.events.register("before-send", self._send)  # type: ignore[arg-type]

    def close(self) -> None:
        """Give all connections up; the next request opens others."""
        with self._lock:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        parts = urlsplit(request.url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        client = self._client(f"{parts.scheme}://{parts.netloc}")
        body = client.begin(request.method, target, headers=_texts(dict(request.headers.items())))
        headers = HTTPHeaders.from_dict(dict(body.headers))
        return AWSResponse(request.url, body.status, headers, _Raw(body))

    def _client(self, origin: str) -> Client:
        key = get_ident(), origin
        with self._lock:
            if key not in self._clients:
                self._clients[key] = open_client(origin, seconds=self._seconds)
            return self._clients[key]


class _Raw:
    """A body as botocore takes it: an answer's is short and read whole, an object's bit by bit."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        left = ANSWER_BYTES
        try:
            for data in chunks(self._body):
                left -= len(data)
                if left < 0:
                    raise Unavailable(
                        "egress_too_large",
                        f"{self._body.host} answered with more than {ANSWER_BYTES:,} bytes, which "
                        "is not read.",
                    )
                yield data
        finally:
            self.close()

    def read(self, size: int | None = None) -> bytes:
        return b"".join(chunks(self._body)) if size is None else self._body.read(size)

    def close(self) -> None:
        self._body.close()


def _texts(headers: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value.decode() if isinstance(value, bytes) else str(value)
        for name, value in headers.items()
    }
