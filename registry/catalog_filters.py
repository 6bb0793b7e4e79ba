"""What a catalog is narrowed by: words, and values of a few fields."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q, QuerySet

from aegis.accounts.models import User
from aegis.problems import Invalid
from aegis.sensitive.texts import plain_text
from registry.models import ModelVersion, RegisteredModel, Stage, VersionState
from registry.search_documents import spaced

Wanted = str | int | Iterable[str] | None

QUERY_LENGTH: Final = 200
MOST_WORDS: Final = 10
MOST_VALUES: Final = 50
FIELDS: Final = ("team", "stage", "task", "framework", "tag", "risk_tier")


@dataclass(frozen=True, slots=True)
class Filters:
    """A checked query and the values that are wanted of each field; none wants all."""

    q: str = ""
    words: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    task: tuple[str, ...] = ()
    framework: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    risk_tier: tuple[str, ...] = ()

    @classmethod
    def of(cls, *, q: str, **wanted: Wanted) -> "Filters":
        """Return checked filters, or raise ``Invalid``."""
        query = plain_text(q, field="q", limit=QUERY_LENGTH, required=False)
        values = {name: _values(name, value) for name, value in wanted.items()}
        return cls(q=query, words=tuple(spaced(query).split()[:MOST_WORDS]), **values)

    def condition(self, name: str) -> Q | None:
        """Return what the values of one field demand, or None where none are wanted."""
        values: tuple[str, ...] = getattr(self, name)
        return _CONDITIONS[name](values) if values else None

    @property
    def active(self) -> list[tuple[str, str]]:
        """The values that are wanted, each with its field."""
        return [(name, value) for name in FIELDS for value in getattr(self, name)]


def matching(user: User | AnonymousUser, filters: Filters) -> QuerySet[RegisteredModel]:
    """Return the registered models that ``user`` may see and that pass the filters."""
    found = matching_words(user, filters)
    for name in FIELDS:
        if (condition := filters.condition(name)) is not None:
            found = found.filter(condition)
    return found


def matching_words(user: User | AnonymousUser, filters: Filters) -> QuerySet[RegisteredModel]:
    """Return the registered models that ``user`` may see and that have the words, of any field."""
    models: QuerySet[RegisteredModel] = RegisteredModel.objects.visible_to(user)
    if filters.words:
        return models.filter(search_document__words=query_of(filters.words))
    return models.none() if filters.q else models


def query_of(words: Iterable[str]) -> Any:
    """Return the search for all of ``words``, each as the beginning of a word or by its stem."""
    query: Any = None
    for word in words:
        begins = SearchQuery(f"'{word}':*", config="simple", search_type="raw")
        either = begins | SearchQuery(word, config="english")
        query = either if query is None else query & either
    return query


def _values(name: str, wanted: Wanted) -> tuple[str, ...]:
    if wanted is None:
        return ()
    given = [wanted] if isinstance(wanted, str | int) else list(wanted)
    texts = [plain_text(str(value), field=name, limit=700, required=False) for value in given]
    values = tuple(dict.fromkeys(text for text in texts if text))
    if len(values) > MOST_VALUES:
        raise Invalid(
            "filter_too_many", f"At most {MOST_VALUES} values go into one filter.", field=name
        )
    return tuple(_CHECKS[name](value) for value in values) if name in _CHECKS else values


def _stage(value: str) -> str:
    for stage in Stage:
        if value.casefold() in {stage.value.casefold(), stage.label.casefold()}:
            return stage.value
    listed = ", ".join(Stage.values)
    raise Invalid("stage_unknown", f"The stages are {listed}.", field="stage")


def _risk_tier(value: str) -> str:
    if value not in {str(tier) for tier in RegisteredModel.RiskTier.values}:
        raise Invalid("risk_tier_unknown", "A risk tier is 1, 2 or 3.", field="risk_tier")
    return value


def _in_stage(values: tuple[str, ...]) -> Q:
    versions = ModelVersion.objects.filter(
        registered_model=OuterRef("pk"), state=VersionState.READY, stage__in=values
    )
    return Q(Exists(versions))


def _tagged(values: tuple[str, ...]) -> Q:
    rule = Q()
    for value in values:
        name, equals, words = value.partition("=")
        rule |= Q(tags__contains={name: words}) if equals else Q(tags__has_key=name)
    return rule


_CHECKS: Final = {"stage": _stage, "risk_tier": _risk_tier}
_CONDITIONS: Final[dict[str, Callable[[tuple[str, ...]], Q]]] = {
    "team": lambda values: Q(team__slug__in=values),
    "task": lambda values: Q(task__in=values),
    "framework": lambda values: Q(framework__in=values),
    "risk_tier": lambda values: Q(risk_tier__in=[int(value) for value in values]),
    "stage": _in_stage,
    "tag": _tagged,
}
