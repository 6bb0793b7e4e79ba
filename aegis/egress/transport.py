"""HTTP over guarded connections: what httpx sends through, and what can go wrong on the way."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Final

import httpcore
import httpx

from aegis.egress.connecting import Deadline, GuardedBackend
from aegis.problems import Unavailable

_Fault = httpcore.TimeoutException | httpcore.NetworkError | httpcore.ProtocolError
_FAULTS: Final = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


class GuardedTransport(httpx.BaseTransport):
    """httpx over a pool whose connections are guarded; errors are those of httpcore."""

    def __init__(self, deadline: Deadline) -> None:
        context = _trusting(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        self._pool = httpcore.ConnectionPool(context, network_backend=GuardedBackend(deadline))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the head of its answer."""
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Stream(answer))

    def close(self) -> None:
        """Give the connections up."""
        self._pool.close()


@lru_cache(maxsize=4)
def _trusting(file: str | None, folder: str | None) -> ssl.SSLContext:  # noqa: ARG001 -- The key.
    """Return what trusts the public authorities, or those that the environment names instead.

    Reading the list takes longer than many a request, so it is read once.
    """
    return httpx.create_ssl_context(trust_env=True)


class _Stream(httpx.SyncByteStream):
    """The body of an answer of httpcore, as httpx takes it."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@contextmanager
def faults_of(host: str) -> Iterator[None]:
    """Turn what goes wrong on the way to a server into a refusal that names it."""
    try:
        yield
    except _FAULTS as error:
        raise _away(host, error) from error


def _away(host: str, error: _Fault) -> Unavailable:
    if isinstance(error.__context__, ssl.SSLCertVerificationError):
        return Unavailable(
            "egress_untrusted",
            f"The certificate of {host} was not accepted.",
            mend="An authority of your own is trusted by SSL_CERT_FILE.",
        )
    if isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout):
        return Unavailable("egress_unreachable", f"{host} cannot be reached.")
    if isinstance(error, httpcore.TimeoutException):
        return Unavailable("egress_slow", f"{host} took too long to answer.")
    return Unavailable("egress_broken_off", f"{host} broke off while it answered.")
