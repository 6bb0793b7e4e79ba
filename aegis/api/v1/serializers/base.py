"""Strict input: an object, with the fields that are listed and no others."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from aegis.problems import Invalid


class StrictSerializer(serializers.Serializer[Any]):
    """A body whose unknown fields are refused by name. Rules are the verbs' business.

    So text fields here only say that they are text: length, form and characters
    are checked once, where pages and programs come together.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Refuse what is no object, and fields that nobody asked for."""
        if not isinstance(data, dict):
            raise _not_object()
        unknown = sorted(set(map(str, data)) - set(self.fields))
        if unknown:
            listed = ", ".join(name[:80] for name in unknown[:5])
            raise Invalid(
                "unknown_field",
                f"Unknown: {listed}. Known fields are {', '.join(self.fields) or 'none'}.",
                field=unknown[0][:80],
            )
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Text as it came; the verb says what it may hold."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("trim_whitespace", False)
        options.setdefault("allow_blank", True)
        super().__init__(**options)
        # NUL and lone surrogates are refused by the verb, with the sentence that pages show.
        self.validators = []

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Take only JSON strings: no numbers and no booleans written as text."""
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return super(serializers.CharField, self).run_validation(data)


def body(request: Request, kind: type[StrictSerializer]) -> dict[str, Any]:
    """Return the checked body of ``request``, or refuse it."""
    if request.data is None:
        raise _not_object()
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    checked: dict[str, Any] = serializer.validated_data
    return checked


def _not_object() -> Invalid:
    return Invalid("body_not_object", "It must be a JSON object.")


class Nothing(StrictSerializer):
    """A body without fields, which may be left out."""


def nothing(request: Request) -> None:
    """Refuse a body that says something where nothing is to be said."""
    body(request, Nothing)
