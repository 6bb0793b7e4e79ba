"""Who may do what with a model, as JSON."""

from typing import Any

from rest_framework import serializers

from registry.permissions import Role


class HoldingDocument(serializers.Serializer[Any]):
    """A role that somebody holds. ``how``: team, shared, internal (everybody) or auditor."""

    role = serializers.ChoiceField([str(role) for role in Role])
    how = serializers.CharField()
    user = serializers.CharField(allow_null=True)
    group = serializers.CharField(allow_null=True, help_text="A team's slug, or a group's name.")
