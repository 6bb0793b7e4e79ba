"""Verify stored packages now: ``manage.py reverify`` all of them, or those that are named."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from aegis.problems import Refusal, Unavailable
from aegis.text import name_key
from registry.lookup import resolve_version
from registry.models import ModelVersion, PackageCheck, RegisteredModel, VersionState
from registry.reverification import verify_now


class Command(BaseCommand):
    """Hold packages against what was recorded of them, as the timetable does."""

    help = "Verify stored packages to their last byte, and their signatures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the versions that are meant."""
        parser.add_argument(
            "versions",
            nargs="*",
            metavar="NAME@REF",
            help="such as churn@3 or churn@production; every ready version without any",
        )

    def handle(self, *_: Any, versions: list[str], **__: Any) -> None:
        """Verify one after the other, print a line for each, and fail if any is not as recorded."""
        chosen = [_named(text) for text in versions] or _all().iterator()
        wrong = sum(not self._is_as_recorded(version) for version in chosen)
        if wrong:
            message = f"{wrong} not as recorded, or not verified."
            raise CommandError(message)

    def _is_as_recorded(self, version: ModelVersion) -> bool:
        try:
            check = verify_now(version)
        except Unavailable as away:
            self.stdout.write(f"{version}: not verified. {away.sentence}")
            return False
        if check is None:
            self.stdout.write(f"{version}: a worker is at it.")
            return True
        self.stdout.write(f"{version}: {check.get_outcome_display().lower()}. {check.sentence}")
        return check.outcome == PackageCheck.Outcome.INTACT


def _all() -> QuerySet[ModelVersion]:
    ready: QuerySet[ModelVersion] = ModelVersion.objects.filter(state=VersionState.READY)
    return ready.select_related("registered_model").order_by("registered_model__name_key", "number")


def _named(text: str) -> ModelVersion:
    name, _, ref = text.rpartition("@")
    model = RegisteredModel.objects.filter(name_key=name_key(name)).first()
    if model is None:
        message = f"{text}: there is no such registered model; write NAME@REF."
        raise CommandError(message)
    try:
        version = resolve_version(model, ref).version
    except Refusal as refusal:
        raise CommandError(refusal.sentence) from refusal
    if not version.is_ready:
        message = f"{version} has no package yet."
        raise CommandError(message)
    return version
