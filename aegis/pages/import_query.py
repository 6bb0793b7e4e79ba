"""The imports that a person sees, with what pages say of each, loaded in few queries."""

from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT

from aegis.accounts.models import Team, User
from aegis.pages.import_view import ImportView, import_view
from aegis.problems import NotFound
from imports.models import Import, ImportState
from registry.models import RegisteredModel
from registry.permissions import CONTRIBUTE, codename


def imports_of(user: User) -> QuerySet[Import]:
    """Return the imports that ``user`` sees, the newest first, with ``shown`` and ``may_act``."""
    models = RegisteredModel.objects.granted_to(user, codename(CONTRIBUTE)).visible_to(user)
    teams = Team.objects.all() if user.is_administrator else Team.objects.filter(group__user=user)
    by_model = Exists(models.filter(pk=OuterRef("registered_model")))
    by_team = Exists(teams.filter(pk=OuterRef("team")))
    found: QuerySet[Import] = (
        Import.objects.visible_to(user)
        .select_related(
            "registered_model",
            "version__registered_model",
            "same_as__registered_model",
            "requested_by",
            "signing_key",
            "team",
        )
        .prefetch_related("steps")
        .annotate(
            shown=KT("plan__shown"),
            may_act=ExpressionWrapper(
                Q(by_model) | (Q(registered_model=None) & Q(by_team)),
                output_field=BooleanField(),
            ),
        )
        .order_by("-number")
    )
    return found


def find_import(user: User, number: int) -> Import:
    """Return the import of that number, or raise ``NotFound`` if ``user`` may not see it."""
    job = imports_of(user).filter(number=number).first()
    if job is None:
        raise NotFound("import_not_found", f"There is no import {number}.")
    return job


def import_views(jobs: Iterable[Any]) -> list[ImportView]:
    """Return how ``jobs`` of ``imports_of`` are shown; those that wait with their place in line."""
    found = list(jobs)
    before = _before([job.number for job in found if job.state == ImportState.WAITING])
    return [
        import_view(
            job,
            job.steps.all(),
            shown=job.shown,
            before=before.get(job.number),
            may_act=job.may_act,
        )
        for job in found
    ]


def _before(numbers: list[int]) -> dict[int, int]:
    """Return how many imports, anybody's, wait before each of those."""
    if not numbers:
        return {}
    counts = {str(number): Count("pk", filter=Q(number__lt=number)) for number in numbers}
    waiting = Import.objects.filter(state=ImportState.WAITING).order_by()
    return {int(number): count for number, count in waiting.aggregate(**counts).items()}
