"""What the people of the sample do, each step by the verb that pages and programs call."""

import io
from collections.abc import Mapping

from django.core.files.base import ContentFile
from django.utils import timezone

from aegis.accounts.models import User
from aegis.demo.people import Cast
from aegis.demo.training import Trained
from approvals import promoting
from approvals.decisions import decide
from approvals.models import Decision, PromotionRequest
from approvals.requests import open_request
from imports import running
from imports.models import Import
from imports.uploading import import_upload
from registry import evidence, uploads
from registry.cards_publishing import current_card, publish_card
from registry.models import Evidence, ModelVersion, RegisteredModel
from registry.registration import register_model
from registry.sharing import share


def register(cast: Cast, name: str, team: str, **about: object) -> RegisteredModel:
    """Register a model of ``team``, which the risk team reviews."""
    model = register_model(
        actor=cast["karim"],
        name=name,
        team=cast.teams[team],
        task="classification",
        framework="scikit-learn",
        **about,  # type: ignore[arg-type]  # Passed on by name.
    )
    return share(model, actor=cast["karim"], role="reviewer", group=cast.teams["risk-team"].group)


def send(
    model: RegisteredModel, files: Mapping[str, bytes], *, actor: User, **about: object
) -> Import:
    """Upload ``files`` and ask for the next version; the import waits for a worker."""
    upload = uploads.open_upload(actor=actor)
    for path, data in files.items():
        uploads.receive_whole(upload, path, actor=actor, stream=io.BytesIO(data), size=len(data))
    return import_upload(model, upload, actor=actor, **about)  # type: ignore[arg-type]  # By name.


def add_version(
    model: RegisteredModel, trained: Trained, *, actor: User, label: str, description: str
) -> ModelVersion:
    """Bring a trained model in, as a worker would."""
    job = send(
        model,
        trained.files,
        actor=actor,
        label=label,
        description=description,
        facts=trained.facts,
    )
    running.run(job.pk)
    return ModelVersion.objects.get(pk=job.made.pk)


def document(version: ModelVersion, sections: Mapping[str, str], *, actor: User) -> None:
    """Publish the card, or its next revision."""
    former = current_card(version)
    publish_card(version, actor=actor, sections=sections, based_on=former.number if former else 0)


def prove(version: ModelVersion, trained: Trained, *, actor: User) -> None:
    """Attach the report and the audit, and claim the tags that they carry."""
    for kind, data, tag in (
        (Evidence.Kind.EVALUATION_REPORT, trained.report, "evaluated"),
        (Evidence.Kind.BIAS_AUDIT, trained.audit, "bias_checked"),
    ):
        title = f"{kind.label} of v{version.number}"
        file = ContentFile(data, name=f"{kind.value.replace('_', '-')}-v{version.number}.json")
        piece = evidence.attach_evidence(version, actor=actor, kind=kind, title=title, file=file)
        if evidence.outcome_of(piece) == Evidence.Outcome.PASS:
            evidence.claim_tag(version, actor=actor, name=tag)


def ask(version: ModelVersion, target: str, *, actor: User, reason: str) -> PromotionRequest:
    """Ask for a promotion; where gates alone decide, it is carried out."""
    request = open_request(version, actor=actor, target=target, reason=reason)
    return settled(request)


def say(
    request: PromotionRequest, verdict: Decision.Verdict, *, actor: User, comment: str = ""
) -> PromotionRequest:
    """Decide about what the request is about now; the last approval has it carried out."""
    subject = request.subjects.first()
    assert subject is not None
    decide(
        request,
        actor=actor,
        verdict=verdict,
        comment=comment,
        subject_digest=subject.digest,
        authenticated_at=timezone.now(),
        acknowledged_warnings=True,
    )
    return settled(request)


def settled(request: PromotionRequest) -> PromotionRequest:
    """Carry the request out if it is approved, as a worker would."""
    promoting.promote(request.pk)
    return PromotionRequest.objects.get(pk=request.pk)
