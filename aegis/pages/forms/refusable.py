"""Forms whose verb may refuse: the refusal lands at the field to blame, and the text stays."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from django import forms
from django.core.exceptions import ValidationError

from aegis.problems import Invalid, NotFound, Refusal

T = TypeVar("T")
REFUSED_INPUT = 400


class RefusableForm(forms.Form):
    """A form that runs one verb. ``refusal`` is why the verb did not do it, if it did not.

    A page draws it as any form: the refusal's sentence stands at its field, or above the
    form where no field is to blame. ``field_of`` names the form's field for a code, or for
    a field, of refusals where the names differ.
    """

    field_of: ClassVar[Mapping[str, str]] = {}
    refusal: Refusal | None = None

    def act(self, verb: Callable[..., T], *args: Any, **kwargs: Any) -> T | None:
        """Call ``verb``; None if it refused. What is not there for this person passes on."""
        try:
            return verb(*args, **kwargs)
        except NotFound:
            raise
        except Refusal as refusal:
            named = refusal.field if isinstance(refusal, Invalid) else None
            field = self.field_of.get(refusal.code) or self.field_of.get(named or "", named)
            self.refuse_at(field, refusal)
            return None

    def refuse_at(self, field: str | None, refusal: Refusal) -> None:
        """Keep ``refusal`` as an error of a field, or of the whole form."""
        self.refusal = refusal
        words = f"{refusal.sentence} {refusal.mend or ''}".strip()
        error = ValidationError(words, code=refusal.code)
        self.add_error(field if field in self.fields else None, error)

    @property
    def status(self) -> int:
        """Return the status of the page that shows the form: 200 until something is wrong."""
        if self.refusal is not None:
            return self.refusal.status
        return REFUSED_INPUT if self.is_bound and self.errors else 200
