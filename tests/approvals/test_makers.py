from functools import partial

from django.core.files.uploadedfile import SimpleUploadedFile

from aegis.problems import Forbidden
from approvals.requests import withdraw
from registry.evidence import attach_evidence, attest
from registry.models import ModelVersion
from tests.approvals import making
from tests.cast import Cast
from tests.recorded import refused


def test_who_asked_for_the_promotion_does_not_attest(cast: Cast, version: ModelVersion) -> None:
    evidence = attach_evidence(
        version,
        actor=cast.mina,
        kind="security_review",
        title="Security review",
        file=SimpleUploadedFile("review.pdf", b"%PDF-1.7 all is well"),
    )
    request = making.ask(version, cast.marc)
    say = partial(attest, evidence, actor=cast.marc, verdict="pass", comment="Fine.")

    refusal = refused(Forbidden, "own_evidence", say)

    assert refusal.sentence == "You asked for its promotion, so you cannot attest it."
    withdraw(request, actor=cast.marc)
    assert say().attested_by == cast.marc


def test_who_attested_evidence_does_not_ask_for_the_promotion(
    cast: Cast, version: ModelVersion
) -> None:
    evidence = attach_evidence(
        version,
        actor=cast.mina,
        kind="security_review",
        title="Security review",
        file=SimpleUploadedFile("review.pdf", b"%PDF-1.7 all is well"),
    )
    attest(evidence, actor=cast.marc, verdict="pass", comment="Fine.")

    refusal = refused(Forbidden, "own_attestation", partial(making.ask, version, cast.marc))

    assert "you cannot ask for its promotion" in refusal.sentence
    assert making.ask(version, cast.mina).state == "open"
