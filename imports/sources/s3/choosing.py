"""Which objects of a folder come along, as which files, and which stay behind. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from aegis.problems import Invalid
from aegis.proof.paths import check_path
from aegis.text import readable
from imports.sources.limits import named
from imports.sources.patterns import rule_of
from imports.sources.protocol import LeftOutFile, Notice
from imports.sources.s3.objects import Listed
from imports.sources.s3.references import Reference


@dataclass(frozen=True, slots=True)
class Candidate:
    """An object with the path that it would have."""

    key: str
    path: str
    size: int


@dataclass(slots=True)
class Choice:
    """What comes along, what stays behind, and what can be no file of a version with the reason."""

    taken: list[Candidate] = field(default_factory=list)
    left: list[LeftOutFile] = field(default_factory=list)
    unusable: list[tuple[str, str]] = field(default_factory=list)

    def notices(self) -> Iterator[Notice]:
        """Yield what stops the import as it is asked for."""
        if self.unusable:
            (_, reason), *_ = self.unusable
            names = named([name for name, _ in self.unusable])
            yield Notice(
                "s3_key_unusable",
                f"{names} cannot be the path of a file. {reason} Exclude what is not needed.",
                refuses=True,
            )
        elif not self.taken:
            yield Notice(
                "s3_nothing_left",
                f"The patterns leave all {len(self.left):,} objects behind. Change them.",
                refuses=True,
            )


def choose(reference: Reference, objects: Iterable[Listed]) -> Choice:
    """Divide the objects below the folder of ``reference`` by its patterns."""
    choice = Choice()
    for one in objects:
        if one.is_folder_marker:
            continue
        path = one.key.removeprefix(reference.folder)
        shown = readable(path or one.key)
        rule = rule_of(path, include=reference.include, exclude=reference.exclude)
        if rule:
            choice.left.append(LeftOutFile(shown, rule, one.size))
        elif reason := _fault(path):
            choice.unusable.append((shown, reason))
        else:
            choice.taken.append(Candidate(one.key, path, one.size))
    return choice


def _fault(path: str) -> str:
    try:
        check_path(path)
    except Invalid as refusal:
        return refusal.sentence
    return ""
