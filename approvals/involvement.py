"""Who did what for a version, and whether that is enough hands. Pure, over loaded records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from aegis.accounts.models import User
from approvals.people_query import People
from approvals.records import VersionRecord
from approvals.standing import Hand
from approvals.wording import counted, listed
from registry.models import Evidence

TRAINED: Final = "trained it"
UPLOADED: Final = "uploaded it"
CONVERTED: Final = "had it converted"
WROTE: Final = "wrote the card"
EVALUATED: Final = "evaluated it"
ATTACHED: Final = "attached evidence"
ATTESTED: Final = "attested evidence"
ASKED: Final = "asked"


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done: ``title`` heads the row, ``role`` completes "somebody …".

    ``person`` is None where only ``name`` is known, as of whoever trained a model.
    """

    title: str
    role: str
    person: User | None
    name: str
    note: str


@dataclass(frozen=True, slots=True)
class Involvement:
    """Who did what. ``busiest`` did it in ``roles``, which are more than one, or is None.

    ``is_independent``: a person outside the owning team checked the version: attached
    evidence to it or attested some. Decisions of reviewers do not count here.
    """

    deeds: tuple[Deed, ...]
    busiest: User | None
    roles: tuple[str, ...]
    is_independent: bool

    @property
    def needs_judgement(self) -> bool:
        """Say whether a reviewer has to weigh that the hands were few."""
        return self.busiest is not None or not self.is_independent

    @property
    def words(self) -> str:
        """Say what one person did, as ``Mina uploaded it, wrote the card and asked``."""
        return f"{self.busiest} {listed(self.roles)}." if self.busiest else ""


def involvement(version: VersionRecord, people: People, *, asked: UUID | None) -> Involvement:
    """Return who did what for ``version``; ``asked`` is whoever asked for its promotion."""
    deeds = tuple(_deeds(version, people, asked))
    by_person: dict[UUID, list[str]] = {}
    for deed in deeds:
        if deed.person is not None and not deed.person.is_service:
            roles = by_person.setdefault(people.person(deed.person.pk), [])
            if deed.role not in roles:
                roles.append(deed.role)
    person, roles = max(by_person.items(), key=lambda item: len(item[1]), default=(None, []))
    several = person is not None and len(roles) > 1
    return Involvement(
        deeds=deeds,
        busiest=people.by_key.get(person) if several and person else None,
        roles=tuple(roles) if several else (),
        is_independent=any(_checked_from_outside(deed, version, people) for deed in deeds),
    )


def hands_in(
    version: VersionRecord, people: People, *, asked: UUID | None
) -> Mapping[UUID, frozenset[Hand]]:
    """Return what each person did that keeps them from deciding, as the verbs count it."""
    origin = version.derivation
    did = [
        *([(asked, Hand.ASKED)] if asked else []),
        (version.created_by, Hand.UPLOADED),
        *([(origin.parent_created_by, Hand.UPLOADED_PARENT)] if origin else []),
        *((card.published_by, Hand.WROTE_CARD) for card in version.cards),
        *((piece.attached_by, Hand.ATTACHED_EVIDENCE) for piece in version.evidence),
    ]
    hands: dict[UUID, frozenset[Hand]] = {}
    for account, hand in did:
        person = people.person(account)
        hands[person] = hands.get(person, frozenset()) | {hand}
    return hands


def accounts_in(version: VersionRecord) -> Iterable[UUID]:
    """Yield the accounts of everybody who did something for ``version``."""
    yield version.created_by
    if version.derivation:
        yield version.derivation.parent_created_by
    for card in version.cards:
        yield card.published_by
    for piece in version.evidence:
        yield piece.attached_by
        if piece.attested_by:
            yield piece.attested_by


def _deeds(version: VersionRecord, people: People, asked: UUID | None) -> Iterable[Deed]:
    trained = version.facts.get("trained_by")
    code = version.facts.get("code_version")
    if trained:
        name = str(trained.value)
        found = _named(people, name)
        yield Deed("Trained", TRAINED, found, name, f"by the code {code.value}" if code else "")
    if version.derivation is None:
        yield _by(people, "Uploaded", UPLOADED, version.created_by)
    else:
        original = f"v{version.derivation.parent_number}"
        yield _by(people, f"Uploaded {original}", UPLOADED, version.derivation.parent_created_by)
        yield _by(people, "Had it converted", CONVERTED, version.created_by)
    writers: dict[UUID, list[int]] = {}
    for card in reversed(version.cards):
        writers.setdefault(card.published_by, []).append(card.number)
    for writer, numbers in writers.items():
        yield _by(people, "Wrote the card", WROTE, writer, _revisions(numbers))
    yield from _evidence(version, people)
    if asked:
        yield _by(people, "Asked", ASKED, asked)


def _evidence(version: VersionRecord, people: People) -> Iterable[Deed]:
    for piece in version.current_evidence:
        what = Evidence.Kind(piece.kind).label
        if piece.kind == Evidence.Kind.EVALUATION_REPORT:
            yield _by(people, "Evaluated", EVALUATED, piece.attached_by, "read from the report")
        else:
            yield _by(people, f"Attached {what.lower()}", ATTACHED, piece.attached_by)
        if piece.attested_by:
            yield _by(people, f"Attested {what.lower()}", ATTESTED, piece.attested_by)


def _by(people: People, title: str, role: str, account: UUID, note: str = "") -> Deed:
    person = people[account]
    return Deed(title, role, person, str(person), note)


def _named(people: People, name: str) -> User | None:
    known = name.casefold()
    for user in people.by_key.values():
        if known in {user.name.casefold(), user.username.casefold()}:
            return user
    return None


def _revisions(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"revision {numbers[0]}"
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"revisions {numbers[0]} to {numbers[-1]}"
    return counted(len(numbers), "revision")


def _checked_from_outside(deed: Deed, version: VersionRecord, people: People) -> bool:
    if deed.role not in {EVALUATED, ATTACHED, ATTESTED} or deed.person is None:
        return False
    is_member = version.team.group in people.groups_of(deed.person.pk)
    return not is_member and not deed.person.is_service
