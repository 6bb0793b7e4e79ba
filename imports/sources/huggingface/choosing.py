"""Which files of a repository come along, which stay behind and by which rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from imports.sources.huggingface.references import Reference
from imports.sources.huggingface.repository import HubFile
from imports.sources.patterns import matching, rule_of

GIT_SETTINGS: Final = "git settings"
SAME_WEIGHTS: Final = "same weights as safetensors"
"""The rules by which a file stays behind, beside those of patterns."""

# What conversions of one model lie beside each other as, in repositories that have several.
_OTHER_WEIGHTS: Final = (
    "pytorch_model*.bin",
    "pytorch_model*.bin.index.json",
    "tf_model*",
    "*.h5",
    "*.msgpack",
    "flax_model*.msgpack.index.json",
    "*.ot",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """The files that come along, and those that do not with the rule of each."""

    taken: tuple[HubFile, ...]
    left: tuple[tuple[HubFile, str], ...]


def choose(files: Sequence[HubFile], reference: Reference) -> Choice:
    """Divide ``files`` by the patterns of ``reference``, or by the rules that hold without any.

    Whoever names what to include gets just that; otherwise Git's own settings stay behind, and
    weights that lie as safetensors beside.
    """
    with_safetensors = {_folder(file) for file in files if file.path.endswith(".safetensors")}
    ruled = [(file, _rule(file, reference, with_safetensors)) for file in files]
    return Choice(
        taken=tuple(file for file, rule in ruled if not rule),
        left=tuple((file, rule) for file, rule in ruled if rule),
    )


def is_of_git(file: HubFile) -> bool:
    """Say whether a file holds settings of Git, which say nothing of the model."""
    return file.name.startswith(".git")


def _rule(file: HubFile, reference: Reference, with_safetensors: set[str]) -> str:
    """Return the rule by which a file stays behind, or nothing."""
    by_pattern = rule_of(file.path, include=reference.include, exclude=reference.exclude)
    if by_pattern or reference.include:
        return by_pattern
    if is_of_git(file):
        return GIT_SETTINGS
    if _folder(file) in with_safetensors and any(matching(file.name, _OTHER_WEIGHTS)):
        return SAME_WEIGHTS
    return ""


def _folder(file: HubFile) -> str:
    return file.path.rpartition("/")[0]
