"""The orders of a catalog, each with its cursor: a page begins after the row before it.

So a deep page costs what the first one costs, and a row that comes in meanwhile moves nothing.
"""

import base64
import binascii
import json
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.search import SearchRank
from django.db.models import F, FloatField, Q, QuerySet
from django.db.models.functions import Cast

from aegis.problems import Invalid
from registry.catalog_filters import Filters, query_of
from registry.models import RegisteredModel

Models = QuerySet[RegisteredModel]


class Order(ABC):
    """One order: how it sorts, and how it finds the place after a row."""

    name: str

    @abstractmethod
    def applied(self, models: Models, filters: Filters) -> Models:
        """Return ``models`` in this order."""

    @abstractmethod
    def _place(self, model: Any) -> list[str | float]:
        """Return what of a row the next page begins after, as JSON values."""

    @abstractmethod
    def _beyond(self, place: list[Any]) -> Q:
        """Match the rows after a place; raise ``ValueError`` or ``TypeError`` if it is none."""

    def cursor(self, model: RegisteredModel) -> str:
        """Return the cursor of the page after ``model``."""
        place = json.dumps([self.name, *self._place(model)], separators=(",", ":"))
        return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")

    def after(self, models: Models, cursor: str | None) -> Models:
        """Return the rows after ``cursor``, or raise ``Invalid`` if it is not of this order."""
        if not cursor:
            return models
        try:
            return models.filter(self._beyond(self._read(cursor)))
        except (ValueError, TypeError, binascii.Error, RecursionError) as error:
            raise Invalid(
                "cursor_invalid",
                "This cursor does not belong to this list.",
                field="cursor",
                mend="Begin at the first page.",
            ) from error

    def _read(self, cursor: str) -> list[Any]:
        place: list[Any]
        name, *place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if name != self.name:
            raise ValueError
        return place


class _ByName(Order):
    name = "name"

    def applied(self, models: Models, filters: Filters) -> Models:  # noqa: ARG002 -- An order.
        return models.order_by("name_key")

    def _place(self, model: Any) -> list[str | float]:
        return [model.name_key]

    def _beyond(self, place: list[Any]) -> Q:
        (key,) = place
        return Q(name_key__gt=_text(key))


class _ByChange(Order):
    name = "updated"

    def applied(self, models: Models, filters: Filters) -> Models:  # noqa: ARG002 -- An order.
        return models.order_by("-updated_at", "id")

    def _place(self, model: Any) -> list[str | float]:
        return [model.updated_at.isoformat(), str(model.pk)]

    def _beyond(self, place: list[Any]) -> Q:
        moment, key = datetime.fromisoformat(place[0]), UUID(place[1])
        if moment.tzinfo is None:
            raise ValueError
        return Q(updated_at__lt=moment) | Q(updated_at=moment, id__gt=key)


class _ByRelevance(Order):
    name = "relevance"

    def applied(self, models: Models, filters: Filters) -> Models:
        rank = SearchRank(F("search_document__words"), query_of(filters.words))
        # PostgreSQL's rank is a short float, which a cursor could not name exactly.
        ranked = models.annotate(rank=Cast(rank, FloatField()))
        return ranked.order_by("-rank", "name_key")

    def _place(self, model: Any) -> list[str | float]:
        return [model.rank, model.name_key]

    def _beyond(self, place: list[Any]) -> Q:
        rank, key = place
        if isinstance(rank, bool) or not isinstance(rank, float | int):
            raise TypeError
        return Q(rank__lt=rank) | Q(rank=rank, name_key__gt=_text(key))


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    return value


ORDERS: Final[dict[str, Order]] = {
    order.name: order for order in (_ByRelevance(), _ByName(), _ByChange())
}
