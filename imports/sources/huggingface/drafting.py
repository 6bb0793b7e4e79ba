"""What a version takes over from its repository: facts, a draft of the card, what a model is."""

import json
from collections.abc import Mapping
from typing import Any, Final

from aegis.text import name_key, refused_character
from imports.sources.huggingface.front_matter import HubCard
from imports.sources.huggingface.licences import licence_of
from imports.sources.huggingface.publishers_words import fit
from imports.sources.huggingface.repository import Repository
from imports.sources.protocol import Notice
from registry.cards import SECTION_LENGTH
from registry.tags import MOST, NAME_LENGTH, VALUE_LENGTH

CONFIG_BYTES: Final = 1024**2
_LINE: Final = 200
_WORD: Final = 80
_DESCRIPTION: Final = 500
_OTHER_NAMES: Final = {"sklearn": "scikit-learn"}
_NO_PROSE: Final = ("#", "<", "|", "!", "[!", ">", "-", "*", "=", "`", "$")


def read_config(data: bytes | None) -> Mapping[str, Any]:
    """Return what a ``config.json`` says; nothing where it is none."""
    try:
        found = json.loads(data or b"")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def facts_of(
    repository: Repository, card: HubCard, config: Mapping[str, Any], page: str
) -> dict[str, Any]:
    """Return the facts that card, configuration and hub state; what they do not say is missing."""
    library = _framework(repository, card)
    version = config.get("transformers_version") if library == "transformers" else ""
    datasets = _joined(card.words("datasets"))
    facts = {
        "licence": licence_of(card),
        "framework": library,
        "framework_version": _word(version),
        "task": _task(repository, card),
        "architecture": _word(next(iter(_list(config.get("architectures"))), "")),
        "base_model": _joined(card.words("base_model")),
        "dataset": {"name": datasets} if datasets else None,
        "trained_by": _joined(card.words("authors", "author", "developers", "model_creator")),
        "parameter_count": repository.parameter_count,
        "source_uri": page,
        "source_revision": repository.commit,
    }
    return {name: value for name, value in facts.items() if value}


def about_model(repository: Repository, card: HubCard) -> dict[str, Any]:
    """Return what a registered model that begins with this repository says of itself."""
    tags = {
        "language": fit(", ".join(card.words("language", "languages")), limit=VALUE_LENGTH),
        "publisher": fit(repository.author, limit=VALUE_LENGTH),
    }
    tags = {name: words for name, words in tags.items() if words}
    known = {name_key(name) for name in ("language", "publisher")}
    for tag in card.words("tags"):
        name = fit(tag, limit=NAME_LENGTH)
        if name and name_key(name) not in known and len(tags) < MOST:
            known.add(name_key(name))
            tags[name] = ""
    return {
        "description": fit(_description(card), limit=_DESCRIPTION),
        "task": _task(repository, card)[:_WORD],
        "framework": _framework(repository, card)[:_WORD],
        "tags": tags,
    }


def draft_of(card: HubCard) -> tuple[dict[str, str], tuple[Notice, ...]]:
    """Return the sections of the card that can be filled from the publishers', as a draft."""
    text = "".join(c for c in card.body if not refused_character(c, allowed="\r\n\t")).strip()
    if len(text) <= SECTION_LENGTH:
        return ({"overview": text} if text else {}), ()
    cut = text[:SECTION_LENGTH].rpartition("\n\n")[0] or text[:SECTION_LENGTH]
    notice = Notice(
        "hub_card_cut",
        f"The publishers' card has {len(text):,} characters; the draft has the first {len(cut):,} "
        "of them, and README.md all.",
    )
    return {"overview": cut}, (notice,)


def _task(repository: Repository, card: HubCard) -> str:
    return _word(card.word("pipeline_tag") or repository.pipeline)


def _framework(repository: Repository, card: HubCard) -> str:
    name = _word(card.word("library_name") or repository.library)
    return _OTHER_NAMES.get(name, name)


def _description(card: HubCard) -> str:
    """Return the first paragraph of prose."""
    for paragraph in card.body.replace("\r\n", "\n").split("\n\n"):
        lines = [line for line in paragraph.strip().splitlines() if not line.startswith("#")]
        words = " ".join(" ".join(lines).split())
        if words and not words.startswith(_NO_PROSE):
            return words
    return ""


def _joined(words: tuple[str, ...]) -> str:
    """Return words as one line, which says how many of them it has no room for."""
    for kept in range(len(words), 0, -1):
        more = len(words) - kept
        line = ", ".join(words[:kept]) + (f" and {more} more" if more else "")
        if len(line) <= _LINE:
            return line
    return ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _word(value: Any) -> str:
    return " ".join(value.split())[:_LINE] if isinstance(value, str) else ""
