"""From where a person may import, and with which keys: what the form for an import offers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db.models import Q

from aegis.accounts.models import Team, User
from aegis.pages.forms.models import teams_of
from aegis.settings.import_buckets import ImportBucket
from imports.models import ImportRight
from imports.sources.configured import KINDS
from registry.models import ModelVersion, SigningKey

_HUB: Final = ModelVersion.Source.HUGGINGFACE
_MLFLOW: Final = ModelVersion.Source.MLFLOW
_S3: Final = ModelVersion.Source.S3
TITLES: Final = {_HUB: "Hugging Face", _MLFLOW: "MLflow", _S3: "Bucket"}


@dataclass(frozen=True, slots=True)
class Offers:
    """What one person may choose among; ``barred`` are the sources that no team of theirs has."""

    sources: tuple[ModelVersion.Source, ...]
    servers: tuple[str, ...]
    buckets: tuple[ImportBucket, ...]
    teams: tuple[Team, ...]
    keys: tuple[SigningKey, ...]
    barred: tuple[str, ...]
    gives_rights: bool

    @property
    def is_set_up(self) -> bool:
        """Say whether there is any source to import from."""
        return bool(self.sources or self.barred)


def load_offers(user: User) -> Offers:
    """Return what ``user`` may choose among, by the rights of their teams."""
    teams = list(teams_of(user))
    rights = list(ImportRight.objects.filter(team__in=teams))
    places = {_MLFLOW: _servers(), _S3: set(_buckets())}
    set_up = [source for source in TITLES if source in KINDS and places.get(source, True)]
    usable = {
        source: sorted(there & {right.place for right in rights if right.source == source})
        for source, there in places.items()
    }
    held = {right.source for right in rights if right.source not in places}
    held |= {source.value for source, names in usable.items() if names}
    may = {right.team_id for right in rights}
    allowed = tuple(team for team in teams if team.pk in may)
    return Offers(
        sources=tuple(source for source in set_up if source in held),
        servers=tuple(usable[_MLFLOW]),
        buckets=tuple(_buckets()[name] for name in usable[_S3]),
        teams=allowed,
        keys=_keys(allowed),
        barred=tuple(TITLES[source] for source in set_up if source not in held),
        gives_rights=user.is_administrator,
    )


def _servers() -> set[str]:
    return set(settings.AEGIS_MLFLOW_TRACKING_URIS)


def _buckets() -> dict[str, ImportBucket]:
    return dict(settings.AEGIS_IMPORT_BUCKETS)


def _keys(teams: Iterable[Team]) -> tuple[SigningKey, ...]:
    found = SigningKey.objects.filter(Q(teams=None) | Q(teams__in=list(teams)), retired_at=None)
    return tuple(found.distinct().order_by("-is_default", "name"))
