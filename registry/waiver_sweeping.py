"""Waivers whose date has passed: what they let through goes back into quarantine."""

from django.db.models import Exists, OuterRef
from django.utils import timezone

from registry.models import ModelVersion, Quarantine, ScanWaiver, ScanWaiverAnswer
from registry.scans import settle_scan


def sweep_waivers() -> int:
    """Hold back what no waiver covers any more; return how many versions were looked at."""
    said = ScanWaiverAnswer.Verdict
    ended = ScanWaiver.objects.filter(
        version=OuterRef("pk"), expires_at__lte=timezone.now(), answers__verdict=said.APPROVE
    )
    held = Quarantine.objects.filter(
        version=OuterRef("pk"), cause=Quarantine.Cause.SCAN, lifted_at=None
    )
    latest = ModelVersion.objects.filter(Exists(ended)).exclude(Exists(held))
    versions = latest.filter(scans__verdict__in=["unsafe", "inconclusive"]).distinct()
    for version in versions:
        settle_scan(version, because="", why="The date of a waiver has passed. ")
    return len(versions)
