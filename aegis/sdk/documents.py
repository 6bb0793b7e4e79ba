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
    signature does not hold any more, and why.
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
