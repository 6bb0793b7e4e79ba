"""Which notifications somebody has read."""

from uuid import UUID

from django import forms


class ReadForm(forms.Form):
    """One notification by its key; none means all."""

    key = forms.UUIDField(required=False)

    @property
    def keys(self) -> list[UUID] | None:
        """Return what the verb takes."""
        key = self.cleaned_data["key"]
        return [key] if key else None
