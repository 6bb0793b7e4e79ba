"""What the OpenAPI description says beyond what views and serializers show by themselves."""

from functools import cache
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from aegis.problems import PROBLEM_TYPE

JSON = dict[str, Any]


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # Its own.
    """The bearer tokens that programs come with."""

    target_class = "aegis.api.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> JSON:  # noqa: ARG002 -- Its signature.
        """Return the scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that you made on your account page or by POST tokens/.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # The same.
    """The sessions of browsers."""

    target_class = "aegis.api.authentication.BrowserSession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> JSON:  # noqa: ARG002 -- Its signature.
        """Return the scheme."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "Who signed in at /account/login/. To write, send the cookie "
            f"{settings.CSRF_COOKIE_NAME} again as the header X-CSRFToken.",
        }


@cache
def page_of(kind: type[serializers.BaseSerializer], *, backwards: bool = True) -> Any:
    """Describe one page of a list along a cursor, which may be read backwards too."""
    places = ("next", "previous") if backwards else ("next",)
    return inline_serializer(
        name=f"{kind.__name__}Page",
        fields={
            **{name: serializers.URLField(allow_null=True) for name in places},
            "results": kind(many=True),
        },
    )


@cache
def list_of(kind: type[serializers.BaseSerializer]) -> Any:
    """Describe a whole list."""
    return inline_serializer(name=f"{kind.__name__}List", fields={"results": kind(many=True)})


PROBLEM: JSON = {
    "type": "object",
    "description": "Why it was refused (RFC 9457). Some codes bring further members.",
    "required": ["type", "status", "code", "title"],
    "properties": {
        "type": {"type": "string", "enum": ["about:blank"]},
        "status": {"type": "integer", "description": "The HTTP status."},
        "code": {"type": "string", "description": "A stable code for programs."},
        "title": {"type": "string", "description": "A sentence for people."},
        "mend": {"type": "string", "description": "What would make it possible, and who can."},
        "url": {"type": "string", "description": "A path of this site where that is done."},
        "field": {"type": "string", "description": "The part of the input that is to blame."},
        "fields": {
            "type": "object",
            "description": "Of several faults, the sentences by field.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}


def add_problems(result: JSON, **_: object) -> JSON:
    """Say of every operation that a refusal is a problem, with the statuses that it may have."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in result["paths"].values():
        for method, operation in operations.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                for status, words in _refusals(method).items():
                    said = {"description": words, "content": content}
                    operation["responses"].setdefault(status, said)
    return result


def _refusals(method: str) -> dict[str, str]:
    found = {
        "400": "The input is not what it must be.",
        "401": "Nobody is signed in, or the token is no good.",
        "403": "You may see it, but not do this.",
        "404": "There is no such thing, or not for you.",
        "409": "The state of things does not allow it, or changed meanwhile.",
        "503": "A part that is needed does not answer now.",
    }
    if method in {"post", "put", "patch"}:
        found["413"] = "The body is too large."
        found["415"] = "The body has another media type."
    return found
