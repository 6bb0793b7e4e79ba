"""A field for names and values, one pair in a line."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError


def _as_typed(value: str) -> Any:
    return value


class PairsField(forms.CharField):
    """Lines of ``name = value`` as a mapping; a line without a sign is a name without words."""

    widget = forms.Textarea

    def __init__(self, *args: Any, read: Callable[[str], Any] = _as_typed, **kwargs: Any) -> None:
        self._read = read
        super().__init__(*args, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Write a mapping as lines; what somebody typed stays as it is."""
        if isinstance(value, Mapping):
            return "\n".join(
                f"{name} = {words}" if words != "" else name for name, words in value.items()
            )
        return value

    def clean(self, value: Any) -> dict[str, Any]:
        """Return the pairs, or say which name stands there twice."""
        pairs: dict[str, Any] = {}
        for line in super().clean(value).splitlines():
            name, _, words = line.partition("=")
            if not line.strip():
                continue
            if name.strip() in pairs:
                raise ValidationError(f"{name.strip()} stands there twice.", code="pair_twice")
            pairs[name.strip()] = self._read(words.strip())
        return pairs
