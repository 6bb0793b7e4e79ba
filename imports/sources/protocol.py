"""What a source of models is: it looks a reference up, and gives out the bytes of its files.

Looking up pins what may move (a branch, an alias) to what cannot (a commit, a run), so that an
import that is broken off goes on with the same bytes. A ``Plan`` is JSON in the import's row.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Protocol, Self

from aegis.proof.streams import Readable


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file to be fetched: its path in the version, and what the source says of it.

    ``size`` is in bytes and ``sha256`` in hex digits, None and empty where the source does not
    say. ``place`` is how the source finds the file again, and holds no credential; ``mark`` is
    what must not change while it is read (an ETag, the id of a Git object), and ``version`` the
    one that is read where the source keeps several of an object.
    """

    path: str
    place: str
    size: int | None = None
    sha256: str = ""
    mark: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class LeftOutFile:
    """A file that stays behind, by which rule, and what the source says of it.

    One that is not ``of_model`` serves only how the origin keeps its files, as Git's settings do.
    """

    path: str
    rule: str
    size: int | None = None
    sha256: str = ""
    of_model: bool = True


@dataclass(frozen=True, slots=True)
class FoundMetric:
    """A metric that the source states of the model; it passes no gate by itself."""

    name: str
    value: float
    dataset: str = ""
    slice: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person should know before the import starts; one that ``refuses`` stops it."""

    code: str
    sentence: str
    refuses: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a reference was found to be, and what would be imported of it.

    ``identity`` is equal for equal bytes of equal origin, as
    ``huggingface:https://huggingface.co/google/flan-t5-small@<commit>``; ``shown`` is the same for
    people and ``url`` its page there, if it has one. ``pinned`` holds what it was resolved to
    (repository, commit; server, run, artifact path), as strings. ``facts`` are of the names of
    ``registry.facts``, ``card`` of the sections of ``registry.cards``; a metric that cannot be
    recorded stands in ``left_out_metrics`` with the reason. ``about_model`` is what a registered
    model that is not there yet begins with: description, task, framework, tags. ``conversion``
    is there for a version that was converted: of which it was, by what, and how both compare.
    """

    identity: str
    shown: str
    files: tuple[PlannedFile, ...]
    url: str = ""
    pinned: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[LeftOutFile, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    metrics: tuple[FoundMetric, ...] = ()
    left_out_metrics: Mapping[str, str] = field(default_factory=dict)
    card: Mapping[str, str] = field(default_factory=dict)
    about_model: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    conversion: Mapping[str, Any] | None = None

    @property
    def is_complete(self) -> bool:
        """Say whether every file of the model comes along: a complete copy."""
        return not any(file.of_model for file in self.left_out)

    @property
    def size(self) -> int | None:
        """The bytes of all files, or None where the source does not say."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Return the plan that ``to_json`` wrote down."""
        return cls(
            **{
                **found,
                "files": tuple(PlannedFile(**one) for one in found["files"]),
                "left_out": tuple(LeftOutFile(**one) for one in found["left_out"]),
                "metrics": tuple(FoundMetric(**one) for one in found["metrics"]),
                "notices": tuple(Notice(**one) for one in found["notices"]),
            }
        )


class Source(Protocol):
    """Where models come from: a hub, a tracking server, a bucket."""

    kind: ClassVar[str]

    def plan(self, reference: Mapping[str, Any]) -> Plan:
        """Look ``reference`` up and return what it is now.

        ``NotFound`` or ``Invalid`` for what is not there or cannot be imported, ``Forbidden``
        where the source wants a login, ``Unavailable`` where it does not answer.
        """

    def open(
        self, plan: Plan, file: PlannedFile, *, offset: int
    ) -> AbstractContextManager[Readable]:
        """Open the bytes of ``file`` from ``offset`` to its end.

        A source that cannot begin in the middle reads over what comes before. ``Conflict`` with
        ``source_changed`` where the file is another by now; ``Unavailable`` where it does not
        answer, or breaks off while it is read.
        """

    def annotate(self, plan: Plan, tags: Mapping[str, str]) -> None:
        """Write down at the origin what became of it, where it keeps such notes."""

    def read_back(self, plan: Plan) -> Mapping[str, str]:
        """Return what the origin says now of what was written down; nothing where it keeps none."""
