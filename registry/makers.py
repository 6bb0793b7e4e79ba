"""The people behind a version, whose word about it counts for nothing: makers do not judge.

Upper layers add whom they know of, such as who asked for its promotion.
"""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from aegis.accounts.models import User
from registry.models import ModelVersion

Source = Callable[[ModelVersion], Iterable[User]]
_sources: list[tuple[str, Source]] = []


def adds_makers(deed: str) -> Callable[[Source], Source]:
    """Register a function that returns users who made a version what it is.

    ``deed`` completes "You …", such as "asked for its promotion".
    """

    def register(source: Source) -> Source:
        _sources.append((deed, source))
        return source

    return register


def deed_of(user: User, version: ModelVersion) -> str | None:
    """Return what ``user`` did, by any account, to make ``version``; None for nothing."""
    person = person_of(user)
    for deed, source in _sources:
        if person in map(person_of, source(version)):
            return deed
    return None


def person_of(user: User) -> UUID:
    """Return the key of the first account of the person behind ``user``."""
    return user.same_person_as_id or user.pk


def accounts_of(user: User) -> QuerySet[User]:
    """Return every account of the person behind ``user``."""
    person = person_of(user)
    found: QuerySet[User] = User.objects.filter(Q(pk=person) | Q(same_person_as=person))
    return found


@adds_makers("uploaded the version")
def _uploader(version: ModelVersion) -> Iterable[User]:
    return [version.created_by]


@adds_makers("uploaded the version that it was converted from")
def _uploader_of_its_parent(version: ModelVersion) -> Iterable[User]:
    parents = ModelVersion.objects.filter(derivations__version=version)
    return [parent.created_by for parent in parents.select_related("created_by")]
