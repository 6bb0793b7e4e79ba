"""The versions that came from a hub, as a person finds them: the one query of page and API."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from aegis.accounts.models import Team, User
from aegis.sensitive.texts import plain_text
from imports.models import HubOrigin, ImportRight
from imports.sources.huggingface.source import HuggingFaceSource
from registry.catalog_filters import QUERY_LENGTH
from registry.compromises import of_key
from registry.models import RegisteredModel, Signature, VersionFact
from registry.permissions import CONTRIBUTE, codename


def hub_catalog(
    user: User | AnonymousUser,
    *,
    q: str = "",
    team: str = "",
    newer: bool = False,
    older: bool = False,
) -> QuerySet[Any]:
    """Return the origins ``with_newer`` of the versions that ``user`` may see, the newest first.

    Of each registered model it is the latest, and with ``older`` all of them; with ``newer`` those
    of which the hub has a newer commit. ``q`` is a part of the name of model or repository,
    ``team`` the slug of a team. Each row has ``licence``, ``key_name``, ``key_version``,
    ``is_development`` and ``compromised_at`` of its signature, and ``may_import`` for ``user``.
    """
    found = HubOrigin.objects.visible_to(user).ready()
    words = plain_text(q, field="q", limit=QUERY_LENGTH, required=False)
    if words:
        found = found.filter(
            Q(repo__icontains=words) | Q(version__registered_model__name__icontains=words)
        )
    if slug := plain_text(team, field="team", limit=QUERY_LENGTH, required=False):
        found = found.filter(version__registered_model__team__slug=slug)
    found = found if older else found.newest_of_models()
    found = found.outdated() if newer else found
    rows: QuerySet[Any] = (
        found.with_newer()
        .select_related("version__registered_model__team", "version__created_by")
        .annotate(licence=_licence(), **_signature(), may_import=_may_import(user))
        .order_by("-id")
    )
    return rows


def teams_in_hub_catalog(user: User) -> QuerySet[Team]:
    """Return the teams whose models are in the catalog of ``user``, by name."""
    origins = HubOrigin.objects.visible_to(user).ready()
    found: QuerySet[Team] = Team.objects.filter(
        pk__in=origins.order_by().values("version__registered_model__team")
    )
    return found.order_by("name")


def _licence() -> Subquery:
    facts = VersionFact.objects.filter(version=OuterRef("version"), name="licence")
    return Subquery(facts.order_by("-id").values("value")[:1])


def _signature() -> dict[str, Subquery]:
    latest = (
        Signature.objects.filter(
            version=OuterRef("version"), manifest_digest=OuterRef("version__digest")
        )
        .annotate(compromised_at=of_key())
        .order_by("-signed_at", "-id")
    )
    names = ("key_name", "key_version", "is_development", "compromised_at")
    return {name: Subquery(latest.values(name)[:1]) for name in names}


def _may_import(user: User | AnonymousUser) -> Any:
    if isinstance(user, AnonymousUser):
        return Exists(RegisteredModel.objects.none())
    models = RegisteredModel.objects.granted_to(user, codename(CONTRIBUTE))
    rights = ImportRight.objects.filter(source=HuggingFaceSource.kind)
    return Exists(models.filter(pk=OuterRef("version__registered_model"))) & Exists(
        rights.filter(team=OuterRef("version__registered_model__team"))
    )
