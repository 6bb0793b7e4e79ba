"""What the views of version 1 share: finding by name, and lists by cursor."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from aegis.accounts.models import User
from aegis.api.authentication import token_of
from aegis.api.pagination import NumberCursor
from aegis.problems import Forbidden, Invalid
from registry import lookup
from registry.lookup import outside_production
from registry.models import ModelVersion, RegisteredModel, Stage


class View(APIView):
    """A resource. Whoever may not see a thing gets the answer for one that is not there."""

    def model(self, request: Request, name: str) -> RegisteredModel:
        """Return the registered model of that name if the caller may see it."""
        return lookup.get_model(name, user=request.user)

    def version(self, request: Request, name: str, ref: str) -> ModelVersion:
        """Return the version that ``ref`` names in that registered model.

        Raises ``Forbidden`` for one outside Production to a token that is limited to those.
        """
        version = lookup.resolve_version(self.model(request, name), ref).version
        if is_of_production(request) and version.stage != Stage.PRODUCTION:
            raise outside_production()
        return version

    def page(
        self,
        request: Request,
        rows: QuerySet[Any],
        serializer: type[BaseSerializer[Any]],
        *,
        along: str,
    ) -> Response:
        """Return one page of ``rows``, the highest number in the field ``along`` first."""
        paginator = NumberCursor()
        paginator.ordering = (f"-{along}",)
        found = paginator.paginate_queryset(rows, request, view=self)
        return paginator.get_paginated_response(serializer(found, many=True).data)


def is_of_production(request: Request) -> bool:
    """Say whether the caller came with a token for versions in Production alone."""
    token = token_of(request)
    return token is not None and token.production_only


def of_production(request: Request, rows: QuerySet[Any], *, stage: str) -> QuerySet[Any]:
    """Leave of ``rows`` what is about versions in Production, to a token limited to those.

    ``stage`` is the look-up of the version's stage.
    """
    return rows.filter(**{stage: Stage.PRODUCTION}) if is_of_production(request) else rows


def refuse_of_production(request: Request, what: str) -> None:
    """Refuse ``what`` to a token for versions in Production: it is about others as well."""
    if is_of_production(request):
        raise Forbidden(
            "token_production_only",
            f"This token reads versions in Production only, so it does not read {what}.",
            mend="Make a token without that limit on your account page.",
        )


def caller(request: Request) -> User:
    """Return the account that asks; every view of version 1 has one."""
    assert isinstance(request.user, User)
    return request.user


def parameters(request: Request, *known: str) -> dict[str, str]:
    """Return the query parameters; refuse unknown ones by name, and one that is given twice."""
    allowed = {*known, "cursor", "page_size"}
    for name, values in request.query_params.lists():
        if name not in allowed:
            raise Invalid(
                "unknown_parameter",
                f"Unknown parameter: {name[:80]}. Known are {', '.join(sorted(allowed))}.",
                field=name[:80],
            )
        if len(values) > 1:
            raise Invalid(
                "parameter_twice", f"The parameter {name} is given twice.", field=name[:80]
            )
        if "\0" in values[0]:
            raise Invalid("parameter_nul", f"{name} holds a NUL character.", field=name)
    return {name: request.query_params[name] for name in known if name in request.query_params}


def flag(given: str | None, *, name: str) -> bool:
    """Return whether a parameter says true; it is false where it is left out."""
    if given not in {None, "true", "false"}:
        raise Invalid("flag_invalid", f"{name} is true or false.", field=name)
    return given == "true"


def choice(given: str | None, *, name: str, among: list[str]) -> str | None:
    """Return the value of a parameter that takes one of a few words."""
    if given is not None and given not in among:
        raise Invalid("choice_unknown", f"{name} is one of {', '.join(among)}.", field=name)
    return given
