"""What everybody may read of how the organisation works: teams, policies, metrics' meanings."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.accounts.models import Team
from aegis.api.schema import list_of
from aegis.api.v1.base import View, parameters
from aegis.api.v1.serializers.organisation import PolicyDocument, TeamDocument
from aegis.api.v1.serializers.versions import DefinitionDocument
from approvals.governing import latest, read
from registry.models import MetricDefinition


class Teams(View):
    """The teams."""

    @extend_schema(operation_id="teams_list", responses={200: list_of(TeamDocument)})
    def get(self, request: Request) -> Response:
        """List the teams with their members."""
        parameters(request)
        teams = Team.objects.select_related("group").prefetch_related("group__user_set")
        return Response({"results": TeamDocument(teams, many=True).data})


class Policies(View):
    """The policies."""

    @extend_schema(operation_id="policies_list", responses={200: list_of(PolicyDocument)})
    def get(self, request: Request) -> Response:
        """List the latest revision of each policy, in force or not."""
        parameters(request)
        return Response({"results": PolicyDocument(read(latest()), many=True).data})


class MetricDefinitions(View):
    """What metrics mean."""

    @extend_schema(
        operation_id="metric_definitions_list", responses={200: list_of(DefinitionDocument)}
    )
    def get(self, request: Request) -> Response:
        """List the metrics that this registry knows the meaning of."""
        parameters(request)
        found = MetricDefinition.objects.order_by("name")
        return Response({"results": DefinitionDocument(found, many=True).data})
