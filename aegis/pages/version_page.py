"""Everything that the page of a version shows, loaded in few queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from aegis.accounts.models import User
from aegis.pages.conversion_view import ConversionView, conversion_view
from aegis.pages.evidence_rows import EvidenceRow, evidence_rows
from aegis.pages.fact_rows import FactRow, FactTable, fact_rows, fact_tables
from aegis.pages.file_rows import MOST, Folder, folders_of
from aegis.pages.import_view import ImportView, import_view
from aegis.pages.metrics import MetricCells, claim_note, metric_cells
from aegis.pages.origin_view import OriginView, load_origin_view
from aegis.pages.scan_view import ScanView, scan_view
from aegis.pages.stage_road import Road, roads
from aegis.pages.version_query import History, Signed, load_history
from aegis.proof.manifest import FileEntry
from approvals.gates.facts import load_meanings
from approvals.governing import policies_in_force
from approvals.metric_rows import MetricRow, compare_metrics
from approvals.record_query import load_with_occupant
from approvals.records import VersionRecord
from imports.models import Import
from registry import cards
from registry.models import ArtifactFile, ModelVersion, RedactionKind, Stage
from registry.permissions import CONTRIBUTE, MAINTAIN, REVIEW, permissions_of


@dataclass(frozen=True, slots=True)
class MetricLine:
    """A metric beside that of the version in Production."""

    cells: MetricCells
    row: MetricRow

    @property
    def claim(self) -> str:
        """Return whose word the value is, if no report holds it and no gate counts it."""
        return claim_note(self.row.value)


@dataclass(frozen=True, slots=True)
class VersionPage:
    """A version as one person sees it; ``baseline`` is the version in Production, if another."""

    version: ModelVersion
    record: VersionRecord
    baseline: VersionRecord | None
    reader: UUID
    held: frozenset[str]
    people: Mapping[UUID, User]
    history: History
    metrics: tuple[MetricLine, ...]
    evidence: tuple[EvidenceRow, ...]
    roads: tuple[Road, ...]
    files: tuple[FileEntry, ...]
    scan: ScanView | None
    job: ImportView | None
    origin: OriginView | None
    conversion: ConversionView | None

    @property
    def creator(self) -> User:
        """Return who added the version."""
        return self.people[self.version.created_by_id]

    @property
    def may_contribute(self) -> bool:
        """Say whether this person documents the version."""
        return CONTRIBUTE in self.held and self.version.state != "failed"

    @property
    def may_archive(self) -> bool:
        """Say whether this person may take the version out of use for good."""
        return MAINTAIN in self.held and self.version.is_ready and self.version.stage != "Archived"

    @property
    def may_verify(self) -> bool:
        """Say whether this person may have the stored package verified now."""
        return MAINTAIN in self.held and self.version.is_ready

    @property
    def may_recall(self) -> bool:
        """Say whether this person may take the version back."""
        return (
            bool(self.held & {MAINTAIN, REVIEW})
            and self.version.is_ready
            and self.version.recalled_at is None
        )

    @property
    def may_renew_signature(self) -> bool:
        """Say whether this person may have the version signed once more."""
        is_keeper = self.people[self.reader].is_administrator
        return self.version.is_ready and (MAINTAIN in self.held or is_keeper)

    @property
    def older_signatures(self) -> tuple[Signed, ...]:
        """Return the signatures that count no more, the newest first."""
        return self.history.signatures[1:]

    @property
    def is_being_signed(self) -> bool:
        """Say whether a job waits that signs the version once more."""
        return self.history.signing is not None and self.history.signing.state == "waiting"

    @property
    def offers_renewal(self) -> bool:
        """Say whether the page offers another signature though the present one is good."""
        signature = self.record.signature
        is_good = signature is not None and signature.compromised_at is None
        is_wanted = is_good and self.version.recalled_at is None
        return is_wanted and self.may_renew_signature and not self.is_being_signed

    @property
    def may_see_downloads(self) -> bool:
        """Say whether the ledger of downloads is for this person."""
        return bool(self.held & {MAINTAIN, REVIEW}) or self.people[self.reader].is_auditor

    @property
    def may_redact(self) -> bool:
        """Say whether this person may propose to take something out."""
        return bool(self.held & {CONTRIBUTE, REVIEW}) or self.people[self.reader].is_auditor

    @property
    def facts(self) -> tuple[FactRow, ...]:
        """Return the facts that are one value."""
        return fact_rows(self.record.facts)

    @property
    def tables(self) -> tuple[FactTable, ...]:
        """Return the facts that are tables."""
        return fact_tables(self.record.facts)

    @property
    def folders(self) -> tuple[Folder, ...]:
        """Return the first files, by their folders."""
        found = self.record.redacted.items()
        redacted = {path: one.id for (kind, path), one in found if kind == RedactionKind.FILE}
        return folders_of(self.files, files_address(self.version), redacted)

    @property
    def further_files(self) -> int:
        """Return how many files the page leaves to a page of their own."""
        return max(0, self.version.file_count - MOST)

    @property
    def artifact_url(self) -> str:
        """Return where the package is downloaded."""
        return f"{_api(self.version)}artifact/"

    @property
    def card(self) -> cards.Completeness:
        """Return which sections of the card count."""
        return cards.completeness(self.record.card.sections if self.record.card else {})

    @property
    def measured_on(self) -> tuple[str, ...]:
        """Return the data sets of the metrics."""
        return tuple(dict.fromkeys(line.row.dataset for line in self.metrics if line.row.dataset))

    @property
    def is_hint(self) -> bool:
        """Say whether a change is a hint only, since the data sets differ."""
        return any(line.row.is_hint for line in self.metrics)

    @property
    def aliases(self) -> tuple[str, ...]:
        """Return the names that point here, those that follow stages too."""
        follows = {Stage.PRODUCTION: ("production",), Stage.STAGING: ("staging",)}
        return (*follows.get(Stage(self.version.stage), ()), *self.history.aliases)

    @property
    def moves(self) -> list[tuple[object, User | None]]:
        """Return each move with who made it; None is Aegis itself."""
        return [
            (move, self.people.get(move.actor) if move.actor else None)
            for move in self.history.moves
        ]


def load_version_page(version: ModelVersion, user: User) -> VersionPage:
    """Return what the page of ``version`` shows to ``user``."""
    record, baseline = load_with_occupant(version, Stage.PRODUCTION)
    held = permissions_of(user, version.registered_model)
    history = load_history(version)
    people = _people(record, history, user)
    is_ready = version.is_ready
    meanings = load_meanings() if is_ready or record.metrics else {}
    rows = compare_metrics(record, baseline, meanings, {})
    asked = {request.target: request.number for request in history.requests}
    return VersionPage(
        version=version,
        record=record,
        baseline=baseline,
        reader=user.pk,
        held=held,
        people=people,
        history=history,
        metrics=tuple(MetricLine(metric_cells(row), row) for row in rows if row.value is not None),
        evidence=evidence_rows(record, people, user, held),
        roads=roads(version.registered_model, record, meanings, policies_in_force(), asked)
        if is_ready
        else (),
        files=_first_files(version, record),
        scan=scan_view(record),
        job=None if is_ready else load_job(version),
        origin=load_origin_view(version, contributes=CONTRIBUTE in held)
        if history.has_origin
        else None,
        conversion=conversion_view(version, record, history.derived, may_ask=CONTRIBUTE in held),
    )


def load_job(version: ModelVersion) -> ImportView | None:
    """Return the import of a version, if it came in by one."""
    found = Import.objects.filter(version=version).select_related("requested_by").first()
    return import_view(found, found.steps.all()) if found else None


def files_address(version: ModelVersion) -> str:
    """Return the address that precedes the paths of a version's files."""
    return f"{_api(version)}files/"


def _api(version: ModelVersion) -> str:
    # The REST door serves bytes, with ranges and digests, to whoever is signed in.
    return f"/api/v1/models/{version.registered_model.name}/versions/{version.number}/"


def _first_files(version: ModelVersion, record: VersionRecord) -> tuple[FileEntry, ...]:
    """Return the files that the page shows; a manifest of thousands is not read for them."""
    if version.file_count <= MOST:
        return record.manifest.files
    rows = ArtifactFile.objects.filter(version=version).order_by("path")[:MOST]
    return tuple(FileEntry(row.path, row.size, row.sha256) for row in rows)


def _people(record: VersionRecord, history: History, user: User) -> Mapping[UUID, User]:
    keys: set[UUID | None] = {record.created_by, user.pk}
    keys |= {piece.attached_by for piece in record.evidence}
    keys |= {piece.attested_by for piece in record.evidence}
    keys |= {card.published_by for card in record.cards}
    keys |= {move.actor for move in history.moves}
    keys |= {asked.requested_by for asked in history.requests}
    return {person.pk: person for person in _users(key for key in keys if key)}


def _users(keys: Iterable[UUID]) -> Iterable[User]:
    return User.objects.filter(pk__in=list(keys))
