"""A stand-in for Vault's Transit engine: real keys and signatures, and faults when told so.

It speaks as much of the HTTP API as Aegis uses, in the words that a real Vault (1.21) was heard to
use. The same contract tests run against both.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from aegis.proof.signing.keys import pem_of

ROOT_TOKEN: Final = "only-for-tests-root"
DENIED: Final = {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}
BAD_TOKEN: Final = {
    "errors": ["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"],
}
TYPES: Final = {"ecdsa-p256": ec.SECP256R1, "ecdsa-p384": ec.SECP384R1}


class Mode(StrEnum):
    """How it behaves."""

    WELL = auto()
    SEALED = auto()
    STANDBY = auto()
    SLOW = auto()
    DRIPPING = auto()
    GARBAGE = auto()
    TRUNCATED = auto()
    HUGE = auto()
    EMPTY = auto()
    ANOTHER_KEY = auto()
    REPLY_LOST = auto()
    FORBIDDEN = auto()
    REDIRECT = auto()
    FAILING = auto()
    ECHO = auto()


AT_ONCE: Final[dict[Mode, tuple[int, bytes]]] = {
    Mode.SEALED: (503, b'{"errors":["Vault is sealed"]}'),
    Mode.STANDBY: (
        500,
        b'{"errors":["local node not active but active cluster node not found"]}',
    ),
    Mode.GARBAGE: (200, b"<html>Welcome to our proxy</html>"),
    Mode.TRUNCATED: (200, b'{"request_id": "4c1b", "data": {"signature": "vault:v'),
    Mode.HUGE: (200, b'{"data": "' + b"a" * 8 * 1024 * 1024 + b'"}'),
    Mode.EMPTY: (200, b"{}"),
    Mode.FORBIDDEN: (403, json.dumps(DENIED).encode()),
    Mode.FAILING: (500, b'{"errors":["1 error occurred:\\n\\t* internal error\\n\\n"]}'),
}


@dataclass(slots=True)
class Key:
    """A key with its versions, as Transit keeps it."""

    kind: str
    exportable: bool = False
    allow_plaintext_backup: bool = False
    deletion_allowed: bool = False
    versions: list[ec.EllipticCurvePrivateKey] = field(default_factory=list)

    def rotate(self) -> None:
        """Add a version."""
        self.versions.append(ec.generate_private_key(TYPES[self.kind]()))

    def shown(self) -> dict[str, Any]:
        """Return what reading the key answers."""
        numbered = enumerate(self.versions, start=1)
        return {
            "type": self.kind,
            "exportable": self.exportable,
            "allow_plaintext_backup": self.allow_plaintext_backup,
            "deletion_allowed": self.deletion_allowed,
            "latest_version": len(self.versions),
            "keys": {str(number): {"public_key": pem_of(key)} for number, key in numbered},
        }


class TransitStandIn:
    """The stand-in on a port of its own. ``mode`` may change between requests."""

    unseal_key = ""

    def __init__(self) -> None:
        self.mode = Mode.WELL
        self.only: str = ""
        """A part of the paths that the mode is for; all, if empty."""
        self.keys: dict[str, Key] = {}
        self.tokens: dict[str, frozenset[str] | None] = {ROOT_TOKEN: None}
        """What each token may reach; None is everything."""
        self.asked: list[str] = []
        self.elsewhere = "http://127.0.0.1:9/"
        self.lose = 0
        """So many replies get lost after the work is done."""
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.stand_in = self  # type: ignore[attr-defined]  # Handlers find it there.
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.token = ROOT_TOKEN

    @contextmanager
    def serving(self) -> Iterator["TransitStandIn"]:
        """Answer for the length of a ``with`` block."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    @contextmanager
    def behaving(self, mode: Mode, *, only: str = "") -> Iterator[None]:
        """Behave in another way for the length of a ``with`` block."""
        self.mode, self.only = mode, only
        try:
            yield
        finally:
            self.mode, self.only = Mode.WELL, ""

    def seal(self) -> None:
        """Seal it, as an operator does."""
        self.mode = Mode.SEALED

    def unseal(self) -> None:
        """Unseal it."""
        self.mode = Mode.WELL

    def make_key(self, name: str, kind: str = "ecdsa-p256", **settings: bool) -> None:
        """Make a key."""
        self.keys[name] = Key(kind, **settings)
        self.keys[name].rotate()

    def change_key(self, name: str, **settings: bool) -> None:
        """Turn a setting of a key on."""
        for setting, value in settings.items():
            setattr(self.keys[name], setting, value)

    def rotate(self, name: str) -> None:
        """Give a key another version."""
        self.keys[name].rotate()

    def token_for(self, *paths: str) -> str:
        """Return a new token that reaches only these paths."""
        token = f"hvs.{len(self.tokens)}-only"
        self.tokens[token] = frozenset(paths)
        return token

    def revoke(self, token: str) -> None:
        """Let a token end."""
        del self.tokens[token]

    def count(self, part: str) -> int:
        """Return how many requests had ``part`` in their path."""
        return sum(part in path for path in self.asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._handle({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._handle(json.loads(body or b"{}"))

    def log_message(self, *args: object) -> None:
        pass

    def _handle(self, body: dict[str, Any]) -> None:
        stand_in: TransitStandIn = self.server.stand_in  # type: ignore[attr-defined]
        path = urlsplit(self.path).path.removeprefix("/v1/")
        stand_in.asked.append(path)
        mode = stand_in.mode if stand_in.only in path else Mode.WELL
        if mode in AT_ONCE:
            self._send(*AT_ONCE[mode])
        elif mode == Mode.ECHO:
            said = f"bad header X-Vault-Token: {self.headers.get('X-Vault-Token')}"
            self._send(500, json.dumps({"errors": [said]}).encode())
        elif mode == Mode.REDIRECT:
            self._send(307, b"", location=f"{stand_in.elsewhere}v1/{path}")
        elif mode == Mode.SLOW:
            stand_in.released.wait(30)
            self.close_connection = True
        elif mode == Mode.DRIPPING:
            self._drip(stand_in)
        else:
            status, answer = self._answer(stand_in, path, body, is_lying=mode == Mode.ANOTHER_KEY)
            if mode == Mode.REPLY_LOST or stand_in.lose:
                stand_in.lose = max(0, stand_in.lose - 1)
                self.close_connection = True
                return
            self._send(status, json.dumps(answer).encode())

    def _answer(
        self, stand_in: TransitStandIn, path: str, body: dict[str, Any], *, is_lying: bool
    ) -> tuple[int, dict[str, Any]]:
        token = self.headers.get("X-Vault-Token") or ""
        if token not in stand_in.tokens:
            return 403, BAD_TOKEN
        allowed = stand_in.tokens[token]
        if path == "auth/token/lookup-self":
            return 200, {"data": {"ttl": 0, "renewable": False}}
        if allowed is not None and path not in allowed:
            return 403, DENIED
        return self._transit(stand_in, path, body, is_lying=is_lying)

    @staticmethod
    def _transit(
        stand_in: TransitStandIn, path: str, body: dict[str, Any], *, is_lying: bool
    ) -> tuple[int, dict[str, Any]]:
        key = stand_in.keys.get(path.rpartition("/")[2])
        if path.startswith("transit/keys/"):
            return (200, {"data": key.shown()}) if key else (404, {"errors": []})
        if path.startswith("transit/sign/"):
            if key is None:
                return 400, {"errors": ["signing key not found"]}
            return 200, {"data": {"signature": _signature(key, body, is_lying=is_lying)}}
        return 404, {"errors": [f"no handler for route '{path}'. route entry not found."]}

    def _drip(self, stand_in: TransitStandIn) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        while not stand_in.released.wait(0.5):
            try:
                self.wfile.write(b" ")
            except OSError:
                break
        self.close_connection = True

    def _send(self, status: int, body: bytes, *, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)


def _signature(key: Key, body: dict[str, Any], *, is_lying: bool) -> str:
    assert (body["prehashed"], body["hash_algorithm"]) == (True, "sha2-256")
    assert body["marshaling_algorithm"] == "asn1"
    secret = ec.generate_private_key(ec.SECP256R1()) if is_lying else key.versions[-1]
    digest = base64.b64decode(body["input"], validate=True)
    made = secret.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    return f"vault:v{len(key.versions)}:{base64.b64encode(made).decode()}"
