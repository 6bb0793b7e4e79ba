"""Primary keys that are never reused and sort by time of making (UUIDv7, RFC 9562)."""

import uuid

import uuid_utils.compat


def new_key() -> uuid.UUID:
    """Return a new UUIDv7."""
    return uuid_utils.compat.uuid7()
