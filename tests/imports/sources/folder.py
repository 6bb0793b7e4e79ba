"""A source of the tests that keeps the protocol: a folder of files, with faults to order."""

import hashlib
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from aegis.problems import Invalid, NotFound, Refusal
from aegis.proof.streams import Readable
from imports.sources.configured import SourceKind
from imports.sources.protocol import Plan, PlannedFile
from registry.models import Metric


@dataclass
class FolderSource:
    """Files by path; ``asked`` notes each opening, ``breaks`` is raised after so many bytes."""

    files: dict[str, bytes]
    revision: str = "c0ffee"
    about: dict[str, Any] = field(default_factory=dict)
    breaks: dict[str, tuple[int, Refusal]] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    annotated: list[Mapping[str, str]] = field(default_factory=list)
    refuses_notes: Refusal | None = None
    kind: ClassVar[str] = "huggingface"

    def plan(self, reference: Mapping[str, Any]) -> Plan:
        if reference["repo"] != "acme/tiny":
            raise NotFound("hub_repo_not_found", f"There is no repository {reference['repo']}.")
        files = tuple(
            PlannedFile(path, path, len(data), hashlib.sha256(data).hexdigest())
            for path, data in sorted(self.files.items())
        )
        plan = Plan(
            identity=f"folder:acme/tiny@{self.revision}",
            shown=f"acme/tiny@{self.revision}",
            files=files,
            pinned={"repo": "acme/tiny", "commit": self.revision},
        )
        return replace(plan, **self.about)

    @contextmanager
    def open(self, plan: Plan, file: PlannedFile, *, offset: int) -> Iterator[Readable]:
        assert plan.pinned["commit"] == self.revision
        self.asked.append((file.path, offset))
        data = self.files[file.place][offset:]
        if file.path in self.breaks:
            after, refusal = self.breaks.pop(file.path)
            yield _Breaking(data[:after], refusal)
        else:
            yield io.BytesIO(data)

    def annotate(self, plan: Plan, tags: Mapping[str, str]) -> None:  # noqa: ARG002 -- The protocol's.
        if self.refuses_notes is not None:
            raise self.refuses_notes
        self.annotated.append(tags)

    def read_back(self, plan: Plan) -> Mapping[str, str]:  # noqa: ARG002 -- The protocol's.
        if self.refuses_notes is not None:
            raise self.refuses_notes
        return self.annotated[-1] if self.annotated else {}

    def as_kind(self, *, keeps_notes: bool = False) -> SourceKind:
        """Return the kind of source that connects to this folder."""
        return SourceKind(
            _checked, lambda _: self, lambda _: "", Metric.Source.CLAIM, keeps_notes=keeps_notes
        )


class _Breaking:
    def __init__(self, data: bytes, refusal: Refusal) -> None:
        self._data, self._refusal = io.BytesIO(data), refusal

    def read(self, size: int = -1, /) -> bytes:
        if data := self._data.read(size):
            return data
        raise self._refusal


def _checked(reference: Mapping[str, Any]) -> dict[str, Any]:
    if "repo" not in reference or reference.get("revision", "main") != "main":
        raise Invalid("reference_invalid", "A reference names a repo.", field="reference")
    return dict(reference)
