"""The catalog: registered models that a person may see, by words and filters, a page at a time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, OuterRef, Q, Subquery

from aegis.accounts.models import User
from aegis.problems import Invalid
from registry.catalog_filters import Filters, Wanted, matching
from registry.catalog_orders import ORDERS, Order
from registry.facets import Facet, count_facets
from registry.models import ModelVersion, RegisteredModel, Stage

LARGEST_PAGE: Final = 100


@dataclass(slots=True)
class Row:
    """A registered model of the catalog, with the versions that a reader asks for first."""

    model: RegisteredModel
    production: ModelVersion | None = None
    staging: ModelVersion | None = None
    latest: ModelVersion | None = None
    """The one with the highest number, whatever its state."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the catalog. ``next_cursor`` is None on the last one."""

    rows: list[Row]
    filters: Filters
    sort: str
    next_cursor: str | None
    total: int | None = None
    facets: list[Facet] = field(default_factory=list)


def catalog(  # noqa: PLR0913 -- The filters of a catalog, all by name.
    user: User | AnonymousUser,
    *,
    q: str = "",
    team: Wanted = None,
    stage: Wanted = None,
    task: Wanted = None,
    framework: Wanted = None,
    tag: Wanted = None,
    risk_tier: Wanted = None,
    sort: str = "",
    cursor: str | None = None,
    page_size: int = 20,
    with_facets: bool = True,
) -> Page:
    """Return the page of the catalog that follows ``cursor``, the first one without it.

    Of each filter one value or several may be given, of which one must hold; a tag is its name
    or ``name=words``. ``sort`` is ``relevance`` (what a search has by itself), ``name`` (what a
    list has) or ``updated``. It takes four queries at most. Raises ``Invalid`` for what is no
    filter, sort or cursor.
    """
    filters = Filters.of(
        q=q,
        team=team,
        stage=stage,
        task=task,
        framework=framework,
        tag=tag,
        risk_tier=risk_tier,
    )
    order = _order(sort or ("relevance" if filters.words else "name"), filters)
    size = _page_size(page_size)
    ordered = order.after(order.applied(matching(user, filters), filters), cursor)
    found = list(ordered.select_related("team", "created_by")[: size + 1])
    total, facets = count_facets(user, filters) if with_facets else (None, [])
    return Page(
        rows=_with_versions(found[:size]),
        filters=filters,
        sort=order.name,
        next_cursor=order.cursor(found[size - 1]) if len(found) > size else None,
        total=total,
        facets=facets,
    )


def _with_versions(models: Iterable[RegisteredModel]) -> list[Row]:
    rows = {model.pk: Row(model) for model in models}
    if not rows:
        return []
    newest = ModelVersion.objects.filter(registered_model=OuterRef("registered_model"))
    highest = newest.order_by("-number").values("number")[:1]
    found = ModelVersion.objects.filter(registered_model__in=rows.keys()).alias(
        highest=Subquery(highest)
    )
    wanted = Q(number=F("highest")) | Q(stage__in=[Stage.PRODUCTION, Stage.STAGING])
    for version in found.filter(wanted).select_related("created_by").order_by("number"):
        row = rows[version.registered_model_id]
        version.registered_model = row.model
        row.latest = version
        if version.stage == Stage.PRODUCTION:
            row.production = version
        elif version.stage == Stage.STAGING:
            row.staging = version
    return list(rows.values())


def _order(name: str, filters: Filters) -> Order:
    order = ORDERS.get(name)
    if order is None:
        raise Invalid("sort_unknown", f"A catalog is sorted by {', '.join(ORDERS)}.", field="sort")
    return ORDERS["name"] if order.name == "relevance" and not filters.words else order


def _page_size(size: object) -> int:
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= LARGEST_PAGE:
        raise Invalid(
            "page_size_invalid",
            f"A page has between 1 and {LARGEST_PAGE} entries.",
            field="page_size",
        )
    return size
