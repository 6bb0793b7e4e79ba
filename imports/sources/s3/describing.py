"""What the files beside a model say of it, where MLflow wrote some of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aegis.problems import Conflict, Forbidden
from aegis.proof.streams import chunks
from imports.sources.mlflow.descriptions import LARGEST, NAMES, describe
from imports.sources.mlflow.texts import Sieve
from imports.sources.mlflow.told import card_of, facts_of
from imports.sources.protocol import Notice, PlannedFile
from registry.storage.s3_answers import Bucket
from registry.storage.s3_reader import Found, S3Stream

_MLMODEL: Final = "MLmodel"


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a model: facts, a draft of the card, what a new registered model is."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    card: Mapping[str, str] = field(default_factory=dict)
    about_model: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


def told_of(bucket: Bucket, files: Sequence[PlannedFile]) -> Told:
    """Return what the files of a folder say; nothing where none of them is an ``MLmodel``."""
    by_path = {file.path: file for file in files}
    if _MLMODEL not in by_path:
        return Told()
    description = describe(
        {name: _text(bucket, by_path[name]) for name in NAMES if name in by_path}
    )
    sieve = Sieve()
    facts = facts_of(None, None, description, (), sieve)
    card = card_of(
        run=None, description=description, datasets=(), facts=facts, metrics=(), sieve=sieve
    )
    framework = facts.get("framework", "")
    unread = [
        Notice("s3_description_unread", f"{name} beside the model could not be read.")
        for name in description.unread
    ]
    return Told(
        facts, card, {"framework": framework} if framework else {}, (*sieve.notices, *unread)
    )


def _text(bucket: Bucket, file: PlannedFile) -> str:
    """Return the text of a small object; an empty one if it is large, changed, or no text."""
    if not file.size or file.size > LARGEST:
        return ""
    found = Found(file.place, file.path, file.size, f'"{file.mark}"', version_id=file.version)
    try:
        with S3Stream(bucket, found, offset=0, end=file.size) as stream:
            return b"".join(chunks(stream)).decode()
    except (Conflict, Forbidden, UnicodeDecodeError):
        return ""
