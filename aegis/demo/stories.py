"""What happened to each of the sample's registered models."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.utils import timezone

from aegis.demo import cards, training, work
from aegis.demo.held_back import iris_labels
from aegis.demo.people import Cast
from approvals.archiving import archive
from approvals.models import Decision
from approvals.rollback import roll_back
from imports import claims, running
from imports.models import Import
from registry import uploads
from registry.models import ModelVersion, RegisteredModel

APPROVE: Final = Decision.Verdict.APPROVE
REQUEST_CHANGES: Final = Decision.Verdict.REQUEST_CHANGES


def screening(cast: Cast) -> None:
    """One version after another in Production, and a third that waits for a second approval."""
    model = work.register(
        cast,
        "breast-cancer-screen",
        "diagnostics",
        description="Sorts the queue of the pathologists by how likely a sample is malignant.",
        tags={"domain": "pathology", "modality": "tabular"},
    )
    aiko, data = cast["aiko"], training.breast_cancer()
    for label, strength, reason in (
        ("1.0.0", 0.1, "The first version. It beats the order of arrival in every week of 2025."),
        ("1.1.0", 0.3, "Less regularisation: rough textures are read better."),
        ("1.2.0", 1.0, "Closes the gap between textures, at the same latency."),
    ):
        trained = training.train(
            data, model=model.name, team="diagnostics", trained_by="Aiko Tanaka", C=strength
        )
        version = work.add_version(model, trained, actor=aiko, label=label, description=reason)
        text = cards.card(cards.BREAST_CANCER, trained)
        if label == "1.2.0":
            text["limitations"] += " Nothing is known about samples from other laboratories."
        work.document(version, text, actor=aiko)
        work.prove(version, trained, actor=aiko)
        work.ask(version, "Staging", actor=aiko, reason="To be run beside the one in use.")
        request = work.ask(version, "Production", actor=aiko, reason=reason)
        request = work.say(
            request, APPROVE, actor=cast["dana"], comment="The numbers and the card agree."
        )
        if label != "1.2.0":
            work.say(request, APPROVE, actor=cast["tomasz"])


def digit_reader(cast: Cast) -> None:
    """A release that was rolled back, and the next one, which a reviewer wants changed."""
    model = work.register(
        cast,
        "digit-reader",
        "growth",
        description="Reads the handwritten amounts of paper forms, one digit at a time.",
        tags={"domain": "documents", "modality": "image"},
    )
    mina, data = cast["mina"], training.digits()
    for label, strength, reason in (
        ("1.0.0", 0.05, "The first version, checked against 3,000 forms by hand."),
        ("2.0.0", 0.02, "Stronger regularisation, for the new print run."),
        ("2.1.0", 0.08, "Trained for the new print run without losing on the old one."),
    ):
        trained = training.train(
            data, model=model.name, team="growth", trained_by="Mina Okafor", C=strength
        )
        version = work.add_version(model, trained, actor=mina, label=label, description=reason)
        work.document(version, cards.card(cards.DIGITS, trained), actor=mina)
        work.prove(version, trained, actor=mina)
        request = work.ask(version, "Production", actor=mina, reason=reason)
        if label == "2.1.0":
            work.say(
                request,
                REQUEST_CHANGES,
                actor=cast["tomasz"],
                comment="The card does not say how 2.1.0 does on the old print run. Please add it.",
            )
            continue
        request = work.say(request, APPROVE, actor=cast["dana"])
        work.say(request, APPROVE, actor=cast["priya"], comment="Read the report, fine.")
        if label == "2.0.0":
            _roll_back(cast, model)


def _roll_back(cast: Cast, model: RegisteredModel) -> None:
    """Go back to the first version, because clerks reported more corrections."""
    roll_back(
        model,
        actor=cast["karim"],
        to_version=ModelVersion.objects.get(registered_model=model, number=1),
        reason="Clerks correct 2.0.0 twice as often as 1.0.0 on forms of the old print run.",
    )


def wine_notes(cast: Cast) -> None:
    """A failed import, a version without a card, one that the gates hold back, one on its way."""
    model = work.register(
        cast,
        "wine-notes",
        "growth",
        description="Guesses the cultivar of a wine from its analysis, for the tasting notes.",
        tags={"domain": "retail", "modality": "tabular"},
    )
    mina, data = cast["mina"], training.wine()
    weak, good = (
        training.train(data, model=model.name, team="growth", trained_by="Mina Okafor", C=strength)
        for strength in (0.001, 1.0)
    )
    _fail(work.send(model, weak.files, actor=mina, label="0.1.0", facts=weak.facts))
    work.add_version(model, good, actor=mina, label="0.2.0", description="A first try that works.")
    held_back = work.add_version(
        model, weak, actor=mina, label="0.2.1", description="Much smoother, perhaps too much."
    )
    text = cards.card(cards.WINE, weak, monitoring="TBD", fairness="")
    work.document(held_back, text, actor=mina)
    work.prove(held_back, weak, actor=mina)
    work.ask(held_back, "Production", actor=mina, reason="To see what is missing for Production.")
    _leave_importing(work.send(model, good.files, actor=mina, label="0.3.0", facts=good.facts))


def _fail(job: Import) -> None:
    """Let a disk turn one byte over before the import reads it."""
    folder = uploads.upload_folder().root / job.made.upload.pk.hex
    victim = max((path for path in folder.rglob("*") if path.is_file()), key=_size)
    data = bytearray(victim.read_bytes())
    data[-1] ^= 0xFF
    victim.chmod(0o600)
    victim.write_bytes(data)
    running.run(job.pk)


def _size(path: Path) -> int:
    return path.stat().st_size


def _leave_importing(job: Import) -> None:
    """Leave an import with a worker that stopped; when its lease is over another takes it on."""
    held = claims.claim(job.pk)
    assert held is not None
    held.rows().update(
        bytes_done=job.bytes_total // 3, lease_until=timezone.now() + timedelta(hours=12)
    )


def progression(cast: Cast) -> None:
    """A restricted model: one version archived, one in Staging, one with a stale approval."""
    model = work.register(
        cast,
        "diabetes-progression",
        "diagnostics",
        description="Supports the choice of the interval between two visits.",
        tags={"domain": "endocrinology", "modality": "tabular"},
        visibility="restricted",
    )
    aiko, data = cast["aiko"], training.diabetes()
    rough, staged, asked = (
        training.train(
            data, model=model.name, team="diagnostics", trained_by="Aiko Tanaka", C=strength
        )
        for strength in (0.01, 1.0, 0.1)
    )
    first = work.add_version(model, rough, actor=aiko, label="1.0.0", description="A first try.")
    archive(first, actor=cast["karim"], reason="Poorly calibrated; 1.1.0 takes its place.")
    second = work.add_version(
        model, staged, actor=aiko, label="1.1.0", description="Better calibrated."
    )
    work.ask(second, "Staging", actor=aiko, reason="To be run beside the doctors' own choice.")
    third = work.add_version(
        model, asked, actor=aiko, label="1.2.0", description="The best of both."
    )
    work.document(third, cards.card(cards.DIABETES, asked), actor=aiko)
    work.prove(third, asked, actor=aiko)
    request = work.ask(
        third, "Production", actor=aiko, reason="The first that is calibrated well enough to use."
    )
    work.say(request, APPROVE, actor=cast["dana"], comment="Weak, but honest about it.")
    text = cards.card(cards.DIABETES, asked)
    text["limitations"] += " It was never tried on people under 19."
    work.document(third, text, actor=aiko)


STORIES: Final[dict[str, Callable[[Cast], None]]] = {
    "breast-cancer-screen": screening,
    "digit-reader": digit_reader,
    "wine-notes": wine_notes,
    "diabetes-progression": progression,
    "iris-labels": iris_labels,
}
