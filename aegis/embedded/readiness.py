"""Ask the web server whether every part answers."""

import http.client
from http import HTTPStatus
from urllib.parse import urlsplit


def ask(url: str) -> tuple[bool, str]:
    """Return whether ``/readyz`` says yes, and its words.

    The connection is made directly: a proxy that the environment names is for other hosts.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        words = response.read(2000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return False, f"no answer ({error})"
    else:
        return response.status == HTTPStatus.OK, words
    finally:
        connection.close()
