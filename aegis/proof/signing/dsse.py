"""DSSE envelopes (secure-systems-lab DSSE 1.0): what exactly is signed, and how it travels."""

import base64
import binascii
from typing import Any, Final

from aegis.proof.signing.refusals import malformed

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"


def pre_authentication_encoding(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Return the bytes that are signed for ``payload`` (DSSE's PAE)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def envelope(payload: bytes, signature: bytes, key_id: str) -> dict[str, Any]:
    """Return the envelope of one signature. ``key_id`` is a hint that nothing vouches for."""
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": key_id}],
    }


def open_envelope(value: Any) -> tuple[bytes, bytes]:
    """Return payload and signature of an envelope that has exactly one, or refuse it."""
    try:
        if value["payloadType"] != PAYLOAD_TYPE:
            raise malformed(f"its payload is no {PAYLOAD_TYPE}")
        (signature,) = value["signatures"]
        return _decoded(value["payload"]), _decoded(signature["sig"])
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise malformed("its envelope holds not exactly one payload and signature") from error


def _decoded(text: Any) -> bytes:
    if not isinstance(text, str) or not text:
        raise TypeError
    return base64.b64decode(text, validate=True)
