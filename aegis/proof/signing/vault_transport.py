"""How Vault is spoken to: with limits on time and bytes, straight, and by nobody's proxy.

Imported only where a Vault is used, since it needs hvac and what hvac brings.
"""

from collections.abc import Mapping
from http import HTTPStatus
from io import BytesIO
from time import monotonic
from typing import Any, Final

import hvac
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 5.0
MOST_BYTES: Final = 1024 * 1024
_PIECE: Final = 64 * 1024


class TooMuch(requests.RequestException):
    """The answer has more bytes than any of Vault's."""


class BoundedAdapter(HTTPAdapter):
    """Reads each answer whole, within ``READ_SECONDS`` and ``MOST_BYTES``, and asks only once."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 -- The signature of the library.
        timeout: Any = None,  # noqa: ARG002 -- Ours hold for every request.
        verify: bool | str = True,  # noqa: FBT001, FBT002 -- The signature of the library.
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 -- There are none.
    ) -> requests.Response:
        """Send and read the answer. Raises ``requests.RequestException``."""
        limits = (CONNECT_SECONDS, READ_SECONDS)
        response = super().send(request, stream=True, timeout=limits, verify=verify, cert=cert)
        try:
            body = _read(response)
        except ReadTimeoutError as error:
            raise requests.ReadTimeout(error, request=request) from error
        except HTTPError as error:
            raise requests.ConnectionError(error, request=request) from error
        finally:
            response.close()
        response.raw = BytesIO(body)
        return response


def client(url: str, *, namespace: str | None, ca_file: str | None) -> hvac.Client:
    """Return a client without a token, for one thread."""
    session = requests.Session()
    session.trust_env = False  # No proxy and no password of the environment.
    session.verify = ca_file or True
    session.headers["Accept-Encoding"] = "identity"
    for scheme in ("http://", "https://"):
        session.mount(scheme, BoundedAdapter(max_retries=0))
    return hvac.Client(
        url=url, token="", session=session, namespace=namespace, allow_redirects=False
    )


def is_redirect(answer: object) -> bool:
    """Say whether an answer sends the request to another address."""
    return isinstance(answer, requests.Response) and answer.is_redirect


def status_of(answer: object) -> HTTPStatus | None:
    """Return the status of an answer that is no JSON object."""
    return HTTPStatus(answer.status_code) if isinstance(answer, requests.Response) else None


def _read(response: requests.Response) -> bytes:
    until = monotonic() + READ_SECONDS
    body = bytearray()
    while piece := response.raw.read1(_PIECE, decode_content=False):
        body += piece
        if len(body) > MOST_BYTES:
            raise TooMuch(response=response)
        if monotonic() > until:
            raise requests.ReadTimeout(response=response)
    return bytes(body)
