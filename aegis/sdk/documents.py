"""What the registry answers, as objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Version:
    """A version as the registry describes it.

    ``digest`` is the hex sha256 of its manifest (None while it is imported), ``size`` the bytes of
    its files together. ``document`` is everything that the registry said, with ``failure``,
    ``artifact``, ``signature``, ``aliases`` and the rest. ``already_registered`` says that a call
    of ``register`` found these bytes there and made no new version; ``left_out`` are paths that
    it passed over; ``equals`` names versions of these bytes that are not given out, or whose
    signature does not hold any more, and why. ``job`` is the import that brought it in, for whoever
    asked for that. ``unnoted`` says why the origin of what this machine fetched was not told of it.
    ``conversion`` is the import that converts what this machine fetched, where that was wished for,
    and ``unconverted`` says why the registry does not.
    """

    model: str
    number: int
    label: str | None
    state: str
    stage: str
    digest: str | None
    size: int
    file_count: int
    created_by: str
    created_at: str
    quarantined_at: str | None = None
    recalled_at: str | None = None
    already_registered: bool = False
    left_out: tuple[str, ...] = ()
    equals: tuple[Mapping[str, Any], ...] = ()
    job: "Import | None" = None
    unnoted: str | None = None
    conversion: "Import | None" = None
    unconverted: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Any], **further: Any) -> Self:
        """Return the version that a JSON document of the registry describes."""
        names = (
            "model", "number", "label", "state", "stage", "digest", "size", "file_count",
            "created_by", "created_at", "quarantined_at", "recalled_at",
        )  # fmt: skip
        said: dict[str, Any] = {name: document.get(name) for name in names}
        return cls(**said, document=document, **further)

    @property
    def name(self) -> str:
        """The version as people write it: ``churn_predictor@3``."""
        return f"{self.model}@{self.number}"


@dataclass(frozen=True, slots=True)
class Import:
    """An import as the registry describes it: a version on its way in, or what became of it.

    ``version`` is the number of the version, None until it was looked up; with
    ``already_registered`` it is one that was there before. ``state`` is ``waiting``, ``running``,
    ``planned`` (looked up, waits to be started), ``done``, ``failed`` or ``cancelled``; ``error``
    says by ``code``, ``reason``, ``kind`` and ``details`` why it failed, or what it waits for.
    ``held_back`` is ``quarantined`` or ``recalled`` where nobody is given the version. ``found``
    is what the reference was found to be: ``shown``, ``url``, ``pinned``, ``files``, ``left_out``,
    ``notices`` and the rest. ``document`` is everything that the registry said.
    """

    number: int
    source: str
    model: str
    version: int | None
    already_registered: bool
    state: str
    bytes_done: int
    bytes_total: int
    error: Mapping[str, Any] | None
    requested_by: str
    requested_at: str
    finished_at: str | None
    held_back: str | None = None
    found: Mapping[str, Any] | None = field(default=None, repr=False)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return the import that a JSON document of the registry describes."""
        names = (
            "number", "source", "model", "version", "already_registered", "state", "bytes_done",
            "bytes_total", "error", "requested_by", "requested_at", "finished_at", "held_back",
            "found",
        )  # fmt: skip
        said: dict[str, Any] = {name: document.get(name) for name in names}
        return cls(**said, document=document)

    @property
    def is_under_way(self) -> bool:
        """Say whether the registry works on it, or will by itself."""
        return self.state in {"waiting", "running"}

    @property
    def step(self) -> str:
        """What it does now, in a word or two."""
        begun = [one for one in self.document["steps"] if one["started_at"]]
        running = [one["title"] for one in begun if not one["finished_at"]]
        if self.state == "running" and running:
            return str(running[-1])
        held = f", {self.held_back}" if self.held_back else ""
        return f"{self.state.capitalize()}{held}"

    @property
    def name(self) -> str:
        """What it brings in, as people write it: ``churn_predictor@3`` once there is a number."""
        return f"{self.model}@{self.version}" if self.version else self.model
