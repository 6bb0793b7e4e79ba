"""The words by which a registered model is found, kept up to date inside the verbs."""

import re
from typing import Final

from django.contrib.postgres.search import SearchVector
from django.db.models import Value
from django.db.models.expressions import CombinedExpression

from registry.models import RegisteredModel, SearchDocument

# Where a name or tag such as churn-predictor.v2 or creditScore falls into words.
_BOUNDARY: Final = re.compile(r"[^0-9A-Za-z\u0080-\U0010ffff]+|(?<=[a-z])(?=[A-Z])")


def refresh_search_document(model: RegisteredModel) -> None:
    """Store the words of ``model`` as it is now; call it inside the verb that changed it."""
    words = words_of(model)
    if not SearchDocument.objects.filter(pk=model.pk).update(words=words):
        SearchDocument.objects.create(registered_model=model, words=words)


def words_of(model: RegisteredModel) -> CombinedExpression:
    """Return the search vector of a model: its name first, then its tags, then its description."""
    tags = " ".join(f"{name} {words}" for name, words in model.tags.items())
    parts = {
        "A": f"{model.name} {spaced(model.name)}",
        "B": spaced(f"{model.task} {model.framework} {tags}"),
        "C": model.description,
    }
    vectors = [
        SearchVector(Value(text), config=configuration, weight=weight)
        for weight, text in parts.items()
        # As written, so that every word is found, and by English stems, so that plurals are.
        for configuration in ("simple", "english")
    ]
    combined = vectors[0] + vectors[1]
    for vector in vectors[2:]:
        combined += vector
    return combined


def spaced(text: str) -> str:
    """Return ``text`` with its words apart that punctuation or capitals run together."""
    return " ".join(_BOUNDARY.sub(" ", text).split())
