"""Teams and policies, as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from aegis.accounts.models import Team
from approvals.models import PolicyGate, PolicyRevision
from approvals.policies import sentence_of


class TeamDocument(serializers.ModelSerializer[Team]):
    """A team with the user names of its members."""

    members = serializers.SerializerMethodField()

    class Meta:
        model = Team
        fields = ("slug", "name", "members")

    def get_members(self, team: Team) -> list[str]:
        """Return the user names of active members."""
        return sorted(user.username for user in team.group.user_set.all() if user.is_active)


class PolicyGateDocument(serializers.ModelSerializer[PolicyGate]):
    """One gate that a policy asks for."""

    parameters = serializers.DictField()

    class Meta:
        model = PolicyGate
        fields = ("gate", "parameters", "is_blocking")


class PolicyDocument(serializers.ModelSerializer[PolicyRevision]):
    """The latest revision of a policy. ``teams``: whose approvals count, if not everybody's."""

    name = serializers.CharField(source="policy.name")
    revision = serializers.IntegerField(source="number")
    team = serializers.CharField(source="team.slug", allow_null=True, default=None)
    teams = serializers.SerializerMethodField()
    gates = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField()

    class Meta:
        model = PolicyRevision
        fields = (
            "name",
            "revision",
            "target",
            "risk_tiers",
            "team",
            "approvals_required",
            "teams",
            "gates",
            "expires_after_days",
            "in_force",
            "description",
            "sentence",
            "digest",
            "published_at",
        )

    def get_teams(self, revision: PolicyRevision) -> list[str]:
        """Return the names of the teams whose members' approvals count."""
        names: Any = getattr(revision, "team_names", ())
        return list(names)

    @extend_schema_field(PolicyGateDocument(many=True))
    def get_gates(self, revision: PolicyRevision) -> Any:
        """Return the gates in their order."""
        return PolicyGateDocument(revision.gates.all(), many=True).data

    def get_sentence(self, revision: PolicyRevision) -> str:
        """Say what it asks for."""
        return sentence_of(revision)
