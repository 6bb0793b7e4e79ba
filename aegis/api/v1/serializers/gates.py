"""What a gate says, as JSON."""

from typing import Any

from rest_framework import serializers

from approvals.gates import Outcome


class GateDocument(serializers.Serializer[Any]):
    """One gate of one policy. ``mend``, ``who`` and ``url`` say what to do about it."""

    gate = serializers.CharField()
    title = serializers.CharField()
    policy = serializers.CharField()
    outcome = serializers.ChoiceField([str(one) for one in Outcome])
    is_blocking = serializers.BooleanField()
    reason = serializers.CharField()
    mend = serializers.CharField(allow_null=True)
    who = serializers.CharField(allow_null=True)
    url = serializers.CharField(allow_null=True)
    findings = serializers.DictField()


class GatesDocument(serializers.Serializer[Any]):
    """What the gates of a stage say about a version now.

    ``is_governed`` is false where no policy governs the stage, and then nothing comes into it.
    """

    stage = serializers.CharField()
    is_governed = serializers.BooleanField()
    results = GateDocument(many=True)
