"""What the views of version 1 share: finding by name, and lists by cursor."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from aegis.api.pagination import Cursor
from aegis.problems import Invalid
from registry import lookup
from registry.models import ModelVersion, RegisteredModel


class View(APIView):
    """A resource. Whoever may not see a thing gets the answer for one that is not there."""

    def model(self, request: Request, name: str) -> RegisteredModel:
        """Return the registered model of that name if the caller may see it."""
        return lookup.get_model(name, user=request.user)

    def version(self, request: Request, name: str, ref: str) -> ModelVersion:
        """Return the version that ``ref`` names in that registered model."""
        return lookup.resolve_version(self.model(request, name), ref).version

    def page(
        self,
        request: Request,
        rows: QuerySet[Any],
        serializer: type[BaseSerializer[Any]],
        *,
        ordering: tuple[str, ...],
    ) -> Response:
        """Return one page of ``rows`` along ``ordering``, which must tell rows apart."""
        paginator = Cursor()
        paginator.ordering = ordering
        found = paginator.paginate_queryset(rows, request, view=self)
        return paginator.get_paginated_response(serializer(found, many=True).data)


def parameters(request: Request, *known: str) -> dict[str, str]:
    """Return the query parameters, each given once; refuse unknown ones by name."""
    allowed = {*known, "cursor", "page_size"}
    for name in request.query_params:
        if name not in allowed:
            raise Invalid(
                "unknown_parameter",
                f"Unknown parameter: {name[:80]}. Known are {', '.join(sorted(allowed))}.",
                field=name[:80],
            )
    return {name: request.query_params[name] for name in known if name in request.query_params}


def page_size(request: Request, *, default: int = 50, most: int = 100) -> int:
    """Return the wanted length of a page, at most ``most``."""
    asked = request.query_params.get("page_size", str(default))
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= most):
        raise Invalid(
            "page_size_invalid", f"page_size must be between 1 and {most}.", field="page_size"
        )
    return int(asked)
