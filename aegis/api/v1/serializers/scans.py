"""Scans and waivers, as JSON."""

from typing import Any

from rest_framework import serializers

from imports.models import Rescan, RescanState
from registry.models import ScanReport, ScanVerdict, ScanWaiverAnswer
from registry.waiver_guards import Waived


class FindingDocument(serializers.Serializer[Any]):
    """One thing that a person should know about a file, and where in it."""

    code = serializers.CharField()
    sentence = serializers.CharField()
    place = serializers.CharField()
    is_dangerous = serializers.BooleanField(help_text="Nobody can waive it.")


class ScannedFileDocument(serializers.Serializer[Any]):
    """What was found in a file, and the names that its pickles import."""

    path = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField()
    format = serializers.CharField(help_text="By its content, whatever its name says.")
    verdict = serializers.ChoiceField(ScanVerdict.choices)
    can_be_waived = serializers.BooleanField()
    findings = FindingDocument(many=True)
    globals = serializers.ListField(child=serializers.CharField())
    members = serializers.IntegerField(help_text="Files inside, where it is an archive.")


class ScanDocument(serializers.Serializer[ScanReport]):
    """The latest report of a version: the worst verdict of its files, and each file."""

    verdict = serializers.ChoiceField(ScanVerdict.choices)
    ruleset = serializers.CharField(help_text="The rules and the engine that it went by.")
    manifest_digest = serializers.CharField()
    findings_digest = serializers.CharField()
    file_count = serializers.IntegerField()
    global_count = serializers.IntegerField()
    scanned_at = serializers.DateTimeField()
    quarantined = serializers.BooleanField()
    files = ScannedFileDocument(many=True)


class RescanDocument(serializers.Serializer[Rescan]):
    """That a version is to be scanned again."""

    state = serializers.ChoiceField(RescanState.choices)
    requested_at = serializers.DateTimeField()


class AnswerDocument(serializers.Serializer[Any]):
    """What somebody said to a waiver."""

    verdict = serializers.ChoiceField(ScanWaiverAnswer.Verdict.choices)
    comment = serializers.CharField(allow_blank=True)
    answered_by = serializers.CharField(source="answered_by.username")
    answered_at = serializers.DateTimeField()


class WaiverDocument(serializers.Serializer[Any]):
    """A waiver: one file, one set of rules, a date, two people."""

    id = serializers.UUIDField(source="waiver.pk")
    path = serializers.CharField(source="waiver.path")
    sha256 = serializers.CharField(source="waiver.sha256")
    ruleset = serializers.CharField(source="waiver.ruleset")
    reason = serializers.CharField(source="waiver.reason")
    proposed_by = serializers.CharField(source="waiver.proposed_by.username")
    proposed_at = serializers.DateTimeField(source="waiver.proposed_at")
    expires_at = serializers.DateTimeField(source="waiver.expires_at")
    is_agreed = serializers.BooleanField(help_text="Two people stand by it.")
    is_over = serializers.BooleanField(help_text="Its date has passed.")
    answers = serializers.SerializerMethodField()

    def get_answers(self, said: Waived) -> list[dict[str, Any]]:
        """Return what was said, in order."""
        rows = AnswerDocument(list(said.answers.values()), many=True).data
        return [dict(row) for row in rows]
