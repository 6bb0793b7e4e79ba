"""What the pages of signing keys draw: each key with its versions and what they signed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count

from aegis.accounts.models import User
from aegis.accounts.permits import administrators
from aegis.problems import NotFound
from registry.models import Signature, SigningKey, SigningKeyVersion
from registry.published_keys import find_key, state_of
from registry.resigning_progress import Progress, progress_of
from registry.signing_key_fields import EVERY_TIER


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A public key; ``signed`` counts the signatures of versions that it made."""

    version: SigningKeyVersion
    signed: int

    @property
    def state(self) -> str:
        """Return active, retired or compromised."""
        return state_of(self.version)

    @property
    def look(self) -> str:
        """Return the state as it looks: a development key never looks trusted."""
        if self.state != "active":
            return self.state
        if self.version.key.is_verify_only:
            return "verify_only"
        return "development" if self.version.key.is_development else "active"


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key with its public keys, the newest first."""

    key: SigningKey
    versions: tuple[VersionLine, ...]

    @property
    def state(self) -> str:
        """Return how the key stands: that of its newest version."""
        if self.key.retired_at is not None:
            return "retired"
        return self.versions[0].look if self.versions else "unseen"

    @property
    def signed(self) -> int:
        """Return how many signatures of versions it made."""
        return sum(line.signed for line in self.versions)

    @property
    def teams(self) -> str:
        """Return whom it signs for."""
        return ", ".join(team.name for team in self.key.teams.all()) or "Every team"

    @property
    def tiers(self) -> str:
        """Return in which risk tiers it signs."""
        tiers = sorted(self.key.risk_tiers)
        if len(tiers) == len(EVERY_TIER):
            return "every risk tier"
        return f"risk tier {' and '.join(map(str, tiers))}"

    @property
    def next_number(self) -> str:
        """Return the number that the next public key of a key to verify only has."""
        return str(max((int(line.version.version) for line in self.versions), default=0) + 1)

    @property
    def has_compromised(self) -> bool:
        """Say whether one of its public keys is in wrong hands."""
        return any(line.version.is_compromised for line in self.versions)

    @property
    def is_all_compromised(self) -> bool:
        """Say whether there is nothing left to be marked."""
        return bool(self.versions) and all(line.version.is_compromised for line in self.versions)


@dataclass(frozen=True, slots=True)
class KeyPage:
    """One key as one person sees it."""

    line: KeyLine
    progress: Progress
    may_keep: bool


def key_lines() -> list[KeyLine]:
    """Return every key, the default first and those that are retired last."""
    rows = SigningKey.objects.prefetch_related("teams", "versions__key", "versions__compromised_by")
    signed = _signed()
    keys = sorted(rows, key=lambda key: (key.retired_at is not None, not key.is_default, key.name))
    return [_line(key, signed) for key in keys]


def key_page(name: str, user: User) -> KeyPage:
    """Return what the page of one key shows; raise ``NotFound`` for a name without one."""
    if (key := find_key(name)) is None:
        raise NotFound("signing_key_not_found", f"There is no signing key {name[:120]!a}.")
    return KeyPage(_line(key, _signed()), progress_of(key), is_keeper(user))


def is_keeper(user: User) -> bool:
    """Say whether ``user`` keeps the list of keys."""
    return administrators().filter(pk=user.pk).exists()


def _line(key: SigningKey, signed: Mapping[str, int]) -> KeyLine:
    newest_first: Iterable[SigningKeyVersion] = sorted(
        key.versions.all(), key=lambda one: (one.first_seen_at, one.pk), reverse=True
    )
    return KeyLine(key, tuple(VersionLine(one, signed.get(one.hint, 0)) for one in newest_first))


def _signed() -> dict[str, int]:
    rows = Signature.objects.order_by().values_list("key_hint").annotate(count=Count("pk"))
    return dict(rows)
