"""A POST that is sent twice makes one thing.

The client names its request with ``Idempotency-Key``. The first answer is kept;
the same request again gets it again, another request under the same key is refused.
(The header is that of the IETF draft "The Idempotency-Key HTTP Header Field".)
"""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.accounts.models import IdempotencyKey, User
from aegis.problems import Conflict, Invalid

LONGEST_KEY = 255
KEPT_FOR = timedelta(days=2)

View = Callable[..., Response]


def idempotent(view: View) -> View:
    """Answer a repeated POST as the first time. Without the header the view just runs.

    Only answers of what was made (2xx) are kept: a refused request may be mended
    and sent again under the same key.
    """

    @wraps(view)
    def run(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return view(self, request, *args, **kwargs)
        # An empty one is a client's mistake, which would make things twice where it is let pass;
        # the server empties one that is not ASCII.
        if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
            raise Invalid(
                "idempotency_key_invalid",
                f"An Idempotency-Key has between 1 and {LONGEST_KEY} printable characters.",
            )
        fingerprint = _fingerprint(request)
        with transaction.atomic():
            _lock(request.user.pk, key)
            kept = _kept(request, key, fingerprint)
            if kept is not None:
                return kept
            response = view(self, request, *args, **kwargs)
            if response.status_code < HTTPStatus.MULTIPLE_CHOICES:
                _keep(request, key, fingerprint, response)
        return response

    return run


def _person(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user


def _fingerprint(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, default=_of_file)
    return sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def _of_file(value: Any) -> str:
    """Return what stands for an uploaded file: its name and the digest of its bytes."""
    digest = sha256()
    for data in value.chunks():
        digest.update(data)
    value.seek(0)
    return f"{value.name} {digest.hexdigest()}"


def _lock(user: object, key: str) -> None:
    """Let a second request under the same key wait for the first."""
    number = int.from_bytes(sha256(f"{user}:{key}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _kept(request: Request, key: str, fingerprint: str) -> Response | None:
    row = IdempotencyKey.objects.filter(
        user=_person(request), key=key, created_at__gt=timezone.now() - KEPT_FOR
    ).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise Conflict(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request.",
            mend="Send a new key with a new request.",
        )
    return Response(
        row.body, status=row.status, headers={**row.headers, "Idempotent-Replay": "true"}
    )


def _keep(request: Request, key: str, fingerprint: str, response: Response) -> None:
    IdempotencyKey.objects.update_or_create(
        user=_person(request),
        key=key,
        defaults={
            "fingerprint": fingerprint,
            "status": response.status_code,
            "body": json.loads(json.dumps(response.data, default=str)),
            "headers": {"Location": response["Location"]} if "Location" in response else {},
            "created_at": timezone.now(),
        },
    )
