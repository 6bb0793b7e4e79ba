"""Labels of versions, which share one space of names with the aliases of their model."""

from typing import Final

from django.db.models.functions import Lower

from aegis.problems import Conflict
from aegis.text import name_key
from registry.models import Alias, ModelVersion, RegisteredModel
from registry.names import check_label, next_label

_NO_LABEL: Final = ""


def free_label(model: RegisteredModel, label: str | None) -> str:
    """Return ``label`` if it may be given to the next version of ``model``, which is locked.

    Empty is no label; None asks for the next free patch label. Raises ``Conflict`` with the
    code ``label_taken``.
    """
    if label is None:
        versions = ModelVersion.objects.filter(registered_model=model).exclude(label=_NO_LABEL)
        aliases = Alias.objects.filter(registered_model=model).values_list("name", flat=True)
        return next_label([*versions.values_list("label", flat=True), *aliases])
    if label == _NO_LABEL:
        return _NO_LABEL
    checked = check_label(label)
    if is_label(model, checked) or is_alias(model, checked):
        raise Conflict(
            "label_taken",
            f"{model.name} has a version or an alias of the name {checked} already.",
            mend="Choose another label; one that was used is not used again.",
            details={"field": "label"},
        )
    return checked


def is_label(model: RegisteredModel, name: str) -> bool:
    """Say whether a version of ``model`` has a label that reads the same as ``name``."""
    labelled = ModelVersion.objects.alias(key=Lower("label"))
    return bool(labelled.filter(registered_model=model, key=name_key(name)).exists())


def is_alias(model: RegisteredModel, name: str) -> bool:
    """Say whether ``model`` has an alias that reads the same as ``name``."""
    named = Alias.objects.alias(key=Lower("name"))
    return bool(named.filter(registered_model=model, key=name_key(name)).exists())
