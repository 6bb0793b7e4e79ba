"""The input that a version and what was converted from it are both tried with."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import rfc8785

from aegis import strict_json
from aegis.converters.protocol import ModelFile
from aegis.loading.protocol import EXAMPLES
from aegis.problems import Invalid
from imports.converting import rooms

_LONGEST: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Example:
    """An input as JSON, None where there is none; ``path`` is the file of the version it is of."""

    value: Any = None
    path: str = ""

    @property
    def digest(self) -> str:
        """The hex SHA-256 of its canonical JSON."""
        return hashlib.sha256(rfc8785.dumps(self.value)).hexdigest()


def example_for(reference: Mapping[str, Any], folder: Path, files: Sequence[ModelFile]) -> Example:
    """Return the input that was given with the wish, else the one among the files."""
    if reference["has_input"]:
        return Example(json.loads(rooms.kept_input(UUID(reference["room"]))))
    named = [file for file in files if file.path.rpartition("/")[2] in EXAMPLES]
    for file in sorted(named, key=lambda file: EXAMPLES.index(file.path.rpartition("/")[2])):
        try:
            value = strict_json.loads((folder / file.path).read_bytes(), limit=_LONGEST)
            rfc8785.dumps(value)
        except (Invalid, rfc8785.CanonicalizationError):
            continue
        return Example(value, file.path)
    return Example()
