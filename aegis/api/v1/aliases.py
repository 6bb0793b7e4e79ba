"""Aliases: movable names for versions."""

from typing import Any

from django.db.models.functions import Lower
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.schema import list_of
from aegis.api.v1.base import View, caller, of_production, parameters
from aegis.api.v1.serializers.aliases import AliasDocument, AliasTarget
from aegis.api.v1.serializers.base import body
from aegis.problems import NotFound
from aegis.text import name_key
from registry import lookup
from registry.aliases import STAGE_OF_ALIAS, delete_alias, set_alias
from registry.models import Alias, ModelVersion, RegisteredModel


class Aliases(View):
    """The aliases of a model."""

    @extend_schema(operation_id="aliases_list", responses={200: list_of(AliasDocument)})
    def get(self, request: Request, name: str) -> Response:
        """List the aliases, those that follow the stages first."""
        parameters(request)
        model = self.model(request, name)
        rows = [*_following(request, model), *map(_document, _named(request, model))]
        return Response({"results": rows})


class OneAlias(View):
    """One alias of a model."""

    @extend_schema(operation_id="alias_retrieve", responses={200: AliasDocument})
    def get(self, request: Request, name: str, alias: str) -> Response:
        """Say which version the alias names."""
        parameters(request)
        model = self.model(request, name)
        for found in _following(request, model):
            if found["name"] == name_key(alias):
                return Response(found)
        return Response(_document(_find(request, model, alias)))

    @extend_schema(operation_id="alias_set", request=AliasTarget, responses={200: AliasDocument})
    def put(self, request: Request, name: str, alias: str) -> Response:
        """Point an alias of a free pattern at a version."""
        model = self.model(request, name)
        ref = body(request, AliasTarget)["version"]
        version = lookup.resolve_version(model, ref).version
        return Response(_document(set_alias(model, alias, actor=caller(request), version=version)))

    @extend_schema(operation_id="alias_delete", request=None, responses={204: None})
    def delete(self, request: Request, name: str, alias: str) -> Response:
        """Remove an alias of a free pattern."""
        delete_alias(self.model(request, name), alias, actor=caller(request))
        return Response(status=204)


def _following(request: Request, model: RegisteredModel) -> list[dict[str, Any]]:
    """Return the aliases that follow the stages."""
    versions = ModelVersion.objects.filter(
        registered_model=model, stage__in=list(STAGE_OF_ALIAS.values())
    )
    readable = of_production(request, versions, stage="stage")
    by_stage = {version.stage: version.number for version in readable}
    return [
        {
            "name": name,
            "version": by_stage[stage],
            "is_governed": True,
            "set_by": None,
            "set_at": None,
        }
        for name, stage in STAGE_OF_ALIAS.items()
        if stage in by_stage
    ]


def _named(request: Request, model: RegisteredModel) -> Any:
    rows = Alias.objects.filter(registered_model=model).select_related("version", "set_by")
    return of_production(request, rows, stage="version__stage")


def _find(request: Request, model: RegisteredModel, alias: str) -> Alias:
    key = name_key(alias) if "\0" not in alias else ""
    found: Alias | None = _named(request, model).alias(key=Lower("name")).filter(key=key).first()
    if found is None:
        raise NotFound("alias_not_found", f"{model.name} has no alias {ascii(alias)[1:129]}.")
    return found


def _document(alias: Alias) -> dict[str, Any]:
    return {
        "name": alias.name,
        "version": alias.version.number,
        "is_governed": False,
        "set_by": alias.set_by.username,
        "set_at": alias.set_at.isoformat(),
    }
