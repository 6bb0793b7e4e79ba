"""The story of what Aegis holds back: a recall, a redaction, a quarantine and a waiver."""

from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from aegis.demo import cards, cutoffs, training, work
from aegis.demo.people import Cast
from approvals.recalling import recall
from registry.cards_publishing import current_card
from registry.downloads import note_download
from registry.models import ModelVersion, RedactionKind, RedactionReason
from registry.redaction import approve_redaction, propose_redaction
from registry.waivers import propose_waiver


def iris_labels(cast: Cast) -> None:
    """A version that was recalled, and the next, whose pickle waits for a second person's word."""
    model = work.register(
        cast,
        "iris-labels",
        "growth",
        description="Names the species of an iris in flower, for the labels of the nursery.",
        tags={"domain": "retail", "modality": "tabular"},
    )
    mina, data = cast["mina"], training.iris()
    first, second = (
        training.train(data, model=model.name, team="growth", trained_by="Mina Okafor", C=strength)
        for strength in (0.5, 1.0)
    )
    version = work.add_version(
        model, first, actor=mina, label="1.0.0", description="The first version."
    )
    _document(version, first, cast)
    work.prove(version, first, actor=mina)
    work.ask(version, "Staging", actor=mina, reason="To print labels for one week in May.")
    _recall(version, cast)
    pickled = cutoffs.pickled({"setosa": 0.5, "versicolor": 0.7, "virginica": 0.7})
    held_back = work.add_version(
        model,
        replace(second, files=second.files | {"cutoffs.pkl": pickled}),
        actor=mina,
        label="1.1.0",
        description="The columns in their order, and no label for a plant that is doubtful.",
    )
    work.document(held_back, cards.card(cards.IRIS, second), actor=mina)
    work.prove(held_back, second, actor=mina)
    _propose_waiver(held_back, cast)


def _document(version: ModelVersion, trained: training.Trained, cast: Cast) -> None:
    """Publish a card with a telephone number in it, and have that revision redacted."""
    text = cards.card(cards.IRIS, trained)
    private = text["contacts"] + " On Sundays ring Ruth at home: +44 20 7946 0958."
    work.document(version, text | {"contacts": private}, actor=cast["mina"])
    published = current_card(version)
    assert published is not None
    work.document(version, text, actor=cast["mina"])
    redaction = propose_redaction(
        version,
        actor=cast["mina"],
        kind=RedactionKind.CARD_REVISION,
        target=str(published.pk),
        reason_code=RedactionReason.PERSONAL_DATA,
        reason="Under Contacts stands the private number of somebody who does not work here.",
    )
    approve_redaction(
        redaction,
        actor=cast["karim"],
        authenticated_at=timezone.now(),
        comment="The next revision says the same without it.",
    )


def _recall(version: ModelVersion, cast: Cast) -> None:
    """Take the first version back from those who fetched it."""
    note_download(version, actor=cast["vera"], token=None)
    note_download(version, actor=cast["tomasz"], token=None, path="weights/model.safetensors")
    recall(
        version,
        actor=cast["karim"],
        reason="Two columns were exchanged in training: petals are read as sepals. "
        "Throw away what it labelled.",
    )


def _propose_waiver(version: ModelVersion, cast: Cast) -> None:
    propose_waiver(
        version,
        actor=cast["dana"],
        path="cutoffs.pkl",
        reason="Cutoffs is a dictionary and one comparison. I read its module at the commit that "
        "made the file. The next version keeps them in config.json.",
        expires_at=timezone.now() + timedelta(days=30),
    )
