"""The tags of a registered model: names to words, both text."""

from collections.abc import Mapping
from typing import Any, Final

from aegis.problems import Invalid
from aegis.sensitive.texts import plain_text
from aegis.text import name_key

MOST: Final = 100
NAME_LENGTH: Final = 100
VALUE_LENGTH: Final = 500


def check_tags(value: Any) -> dict[str, str]:
    """Return tags with names and words in normal form, sorted by name, or raise ``Invalid``."""
    if not isinstance(value, Mapping):
        raise Invalid("tags_invalid", "Tags are an object of names and words.", field="tags")
    if len(value) > MOST:
        raise Invalid(
            "tags_too_many",
            f"There are {len(value):,} tags; a model has at most {MOST}.",
            field="tags",
        )
    tags: dict[str, str] = {}
    keys: set[str] = set()
    for given, words in value.items():
        name = plain_text(given, field="tag", limit=NAME_LENGTH)
        if name_key(name) in keys:
            raise Invalid("tag_duplicate", f"The tag {name} is given twice.", field="tags")
        keys.add(name_key(name))
        tags[name] = plain_text(words, field="tag", limit=VALUE_LENGTH, required=False, name=name)
    return dict(sorted(tags.items()))
