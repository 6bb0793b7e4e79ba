"""Redaction: what two people take out is gone, and what stays says so."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from aegis.accounts.models import IdempotencyKey
from aegis.events.models import Letter, Notification
from aegis.events.outbox import dispatch
from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Unavailable
from aegis.proof.manifest import Manifest
from aegis.proof.signing.redaction import verify_redaction
from imports.rescanning import ask_for_rescan, rescan
from registry.cards import completeness
from registry.cards_publishing import current_card, publish_card, save_draft
from registry.documents import FOLDER
from registry.evidence import attest, claim_tag, current_evidence, current_tags
from registry.models import (
    Artifact,
    ArtifactFile,
    CardDraft,
    Evidence,
    ModelVersion,
    PackageRewrite,
    PackageWatch,
    Redaction,
    RedactionJob,
    RedactionStatement,
)
from registry.package_verification import Outcome, look_at
from registry.readers import open_artifact, open_evidence, open_file
from registry.redacted_packages import held_manifest
from registry.redacting import due_jobs, run_job
from registry.redaction import (
    decline_redaction,
    propose_redaction,
    redaction_of,
    redactions_of,
    withdraw_redaction,
)
from registry.redaction_statements import owed_statements, sign_owed
from registry.reverification import verify_now
from registry.scans import latest_report
from registry.sharing import share
from registry.sweeping import sweep_documents
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry import making, scanning
from tests.registry.redacting import CANARY, agree, propose

pytestmark = pytest.mark.django_db

FILES = {**making.FILES, "customers.csv": f"{CANARY}\n".encode(), "zero": b""}


@pytest.fixture
def model_version(cast: Cast, model: Any) -> ModelVersion:
    """A version of mina's with a file that should not be in it."""
    return making.new_version(model, cast.mina, FILES)


def publish(version: ModelVersion, cast: Cast, text: str) -> Any:
    current = current_card(version)
    based_on = current.number if current else 0
    return publish_card(version, actor=cast.mina, sections={"overview": text}, based_on=based_on)


def carried_out(version: ModelVersion, cast: Cast, path: str = "customers.csv") -> Redaction:
    redaction = propose(version, cast.mina, "file", path)
    agree(redaction, cast.rita)
    assert run_job(redaction.pk)
    version.artifact.refresh_from_db()
    return redaction


def read(version: ModelVersion, path: str, actor: Any) -> bytes:
    return b"".join(open_file(version, path, actor=actor).body)


def stored(folder: Path) -> bytes:
    """Return all bytes that lie in the data folder, but for those in gzip members."""
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def in_database(text: str) -> list[str]:
    """Return the tables of which some row holds ``text`` anywhere."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT 1 FROM "{table}" t WHERE strpos(t::text, %s) > 0', [text])
            found += [table] if cursor.fetchone() else []
    return found


def test_a_card_revision_becomes_a_tombstone_and_the_card_incomplete(
    cast: Cast, version: ModelVersion
) -> None:
    card = publish(version, cast, f"Ranks {CANARY} by what they buy.")
    save_draft(version, actor=cast.marc, sections={"overview": f"{CANARY}!"}, based_on=1)
    version.refresh_from_db()
    before, since = version.subject_revision, last()
    redaction = propose(version, cast.mina, "card_revision", card.pk)
    assert current_card(version).sections["overview"]

    agree(redaction, cast.rita, comment="So it does.")

    tombstone = current_card(version)
    assert (tombstone.sections, tombstone.redaction_id) == ({}, redaction.pk)
    assert (tombstone.digest, tombstone.published_by) == (card.digest, cast.mina)
    assert not completeness(tombstone.sections).is_complete
    assert not CardDraft.objects.exists()
    version.refresh_from_db()
    assert version.subject_revision == before + 1
    about = {
        "version": 1, "kind": "card_revision", "digest": card.digest, "reason": "personal_data",
    }  # fmt: skip
    assert recorded(since) == [
        ("redaction:proposed", str(redaction.pk), about),
        ("redaction:approved", str(redaction.pk), about),
    ]
    assert in_database(CANARY) == []
    assert not due_jobs().exists()


def test_a_redacted_card_is_mended_by_the_next_revision(cast: Cast, version: ModelVersion) -> None:
    card = publish(version, cast, CANARY)
    agree(propose(version, cast.mina, "card_revision", card.pk), cast.rita)

    publish(version, cast, "Ranks customers.")

    assert current_card(version).number == 2


def test_redacted_evidence_carries_nothing_and_its_file_leaves_the_store(
    cast: Cast, version: ModelVersion, data_folder: Path
) -> None:
    piece = making.attach(version, cast.mina, file=making.file(making.report(produced_by=CANARY)))
    claim_tag(version, actor=cast.mina, name="evaluated")
    assert CANARY.encode() in stored(data_folder)
    redaction = propose(version, cast.mina, "evidence", piece.pk)

    agree(redaction, cast.marc)

    assert not current_evidence(version).exists()
    assert not current_tags(version).exists()
    refused(Conflict, "tag_needs_evidence", claim_tag, version, actor=cast.mina, name="evaluated")
    piece = Evidence.objects.get(pk=piece.pk)
    assert (piece.title, piece.file_name, piece.findings) == ("", "", {})
    assert piece.sha256 == redaction.digest
    refusal = refused(Conflict, "evidence_redacted", open_evidence, piece, actor=cast.vera)
    assert "Mina Okafor and Marc Delacroix" in refusal.sentence
    assert run_job(redaction.pk)
    assert not run_job(redaction.pk)
    assert not list((data_folder / "artifacts" / FOLDER).iterdir())
    assert CANARY.encode() not in stored(data_folder)
    assert in_database(CANARY) == []


def test_redacted_evidence_is_not_attested(cast: Cast, version: ModelVersion) -> None:
    piece = making.attach(version, cast.mina, kind="validation", file=making.file(b"well"))
    agree(propose(version, cast.mina, "evidence", piece.pk), cast.marc)

    piece.refresh_from_db()
    refused(Conflict, "evidence_redacted", attest, piece, actor=cast.rita, verdict="pass",
            comment="It holds.")  # fmt: skip


def test_a_file_leaves_the_package_and_all_that_was_signed_stays(
    cast: Cast, model_version: ModelVersion, data_folder: Path
) -> None:
    version, former = model_version, Artifact.objects.get(version=model_version)
    redaction = propose(version, cast.mina, "file", "customers.csv")
    assert read(version, "customers.csv", cast.vera)

    agree(redaction, cast.rita)
    refusal = refused(Conflict, "file_redacted", read, version, "customers.csv", cast.vera)
    assert refusal.details["sha256"] == redaction.digest
    since = last()
    assert run_job(redaction.pk)

    version.artifact.refresh_from_db()
    artifact = version.artifact
    assert artifact.key.endswith("/churn-predictor-v1-redacted-1.tar.gz")
    assert (artifact.manifest, artifact.manifest_digest) == (former.manifest, version.digest)
    assert recorded(since) == [
        ("redaction:package_written", str(redaction.pk),
         {"version": 1, "former": former.sha256, "package": artifact.sha256}),
        ("redaction:finished", str(redaction.pk), {"version": 1, "kind": "file"}),
    ]  # fmt: skip
    for path, data in FILES.items():
        if path != "customers.csv":
            assert read(version, path, cast.vera) == data
    kept = making.stored(data_folder / "artifacts" / "models")
    assert [Path(one).name for one in kept] == [
        "churn-predictor-v1-redacted-1.index.json", "churn-predictor-v1-redacted-1.tar.gz",
    ]  # fmt: skip
    assert b"".join(open_artifact(version, actor=cast.vera).body)
    assert look_at(version).outcome == Outcome.INTACT
    assert CANARY.encode() not in stored(data_folder)


def test_one_file_after_the_other_leaves_until_nothing_is_left(
    cast: Cast, model_version: ModelVersion
) -> None:
    for path in FILES:
        carried_out(model_version, cast, path)

    assert model_version.artifact.key.endswith("-redacted-4.tar.gz")
    assert held_manifest(model_version.artifact).files == ()
    assert look_at(model_version).outcome == Outcome.INTACT
    assert set(FILES) == {entry.path for entry in _manifest(model_version).files}
    refused(Conflict, "file_redacted", read, model_version, "zero", cast.vera)


def _manifest(version: ModelVersion) -> Manifest:
    return Manifest.parse(version.artifact.manifest.encode())


def test_two_files_of_a_version_wait_for_each_other(
    cast: Cast, model_version: ModelVersion
) -> None:
    first = propose(model_version, cast.mina, "file", "customers.csv")
    second = propose(model_version, cast.mina, "file", "zero")
    agree(first, cast.rita)
    agree(second, cast.rita)

    assert not run_job(second.pk)
    assert run_job(first.pk)
    assert run_job(second.pk)
    model_version.artifact.refresh_from_db()
    assert look_at(model_version).outcome == Outcome.INTACT


def test_a_worker_that_died_anywhere_is_taken_over(
    cast: Cast, model_version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off before and after each step, the next run brings it to its end."""
    from registry import redacting

    redaction = propose(model_version, cast.mina, "file", "customers.csv")
    agree(redaction, cast.rita)
    for step in ("write_without", "_put_in_place", "artifact_store", "_finish"):
        with monkeypatch.context() as broken:
            broken.setattr(redacting, step, _died)
            with pytest.raises(SystemExit):
                run_job(redaction.pk)
        assert not run_job(redaction.pk)  # The dead worker's lease.
        RedactionJob.objects.update(lease_until=None)

    assert run_job(redaction.pk)
    model_version.artifact.refresh_from_db()
    assert look_at(model_version).outcome == Outcome.INTACT
    assert PackageRewrite.objects.count() == 1


def _died(*_: object, **__: object) -> None:
    raise SystemExit


def test_a_store_that_is_away_is_waited_for_with_the_reason(
    cast: Cast, model_version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    from registry import redacting

    redaction = propose(model_version, cast.mina, "file", "customers.csv")
    agree(redaction, cast.rita)

    def away(*_: object) -> None:
        raise Unavailable("storage_away", "The bucket does not answer.")

    with monkeypatch.context() as broken:
        broken.setattr(redacting, "write_without", away)
        assert not run_job(redaction.pk)
    job = RedactionJob.objects.get(pk=redaction.pk)
    assert (job.error_code, job.error) == ("storage_away", "The bucket does not answer.")
    assert job.finished_at is None


def test_the_statement_is_owed_and_signed_once(cast: Cast, model_version: ModelVersion) -> None:
    redaction = carried_out(model_version, cast)
    assert list(owed_statements()) == [redaction]

    assert (sign_owed(), sign_owed()) == (1, 0)

    statement = RedactionStatement.objects.get(redaction=redaction)
    said = verify_redaction(statement.envelope.encode(), public_key_pem=statement.public_key)
    assert (said.manifest_digest, said.path) == (model_version.digest, "customers.csv")
    assert (said.sha256, said.reason) == (redaction.digest, "personal_data")
    assert (said.proposed_by, said.approved_by) == (str(cast.mina.pk), str(cast.rita.pk))


def test_the_proposer_never_agrees_by_whatever_account(cast: Cast, version: ModelVersion) -> None:
    card = publish(version, cast, CANARY)
    redaction = propose(version, cast.marc, "card_revision", card.pk)

    refused(Forbidden, "own_redaction", agree, redaction, cast.marc)
    cast.rita.same_person_as = cast.marc
    cast.rita.save()
    refused(Forbidden, "own_redaction", agree, redaction, cast.rita)
    refused(Forbidden, "own_redaction", decline_redaction, redaction, actor=cast.rita, comment="No")


def test_who_may_do_what(cast: Cast, version: ModelVersion) -> None:
    card = publish(version, cast, CANARY)
    refused(Forbidden, "permission_missing", propose, version, cast.vera, "card_revision", card.pk)
    refused(
        Forbidden, "service_account", propose, version, cast.ci_growth, "card_revision", card.pk
    )
    redaction = propose(version, cast.otto, "card_revision", card.pk)

    for person in (cast.mina, cast.ada, cast.vera):
        refused(Forbidden, "permission_missing", agree, redaction, person)
    refused(Forbidden, "human_session_required", agree, redaction, cast.rita, authenticated_at=None)
    share(version.registered_model, actor=cast.marc, role="reviewer", user=cast.otto)
    otto = type(cast.otto).objects.get(pk=cast.otto.pk)
    refused(Forbidden, "own_redaction", agree, redaction, otto)
    assert agree(redaction, cast.rita).verdict == "approve"


def test_what_was_decided_stays_decided(cast: Cast, version: ModelVersion) -> None:
    card = publish(version, cast, CANARY)
    first = propose(version, cast.mina, "card_revision", card.pk)
    refused(Conflict, "redaction_proposed", propose, version, cast.marc, "card_revision", card.pk)
    refused(Forbidden, "not_your_redaction", withdraw_redaction, first, actor=cast.rita)
    withdraw_redaction(first, actor=cast.mina)
    refused(Conflict, "redaction_decided", agree, first, cast.rita)
    second = propose(version, cast.mina, "card_revision", card.pk)
    refused(Invalid, "text_empty", decline_redaction, second, actor=cast.rita, comment=" ")
    decline_redaction(second, actor=cast.rita, comment="That is a made-up name.")
    third = propose(version, cast.mina, "card_revision", card.pk)
    agree(third, cast.rita)
    refused(Conflict, "already_redacted", propose, version, cast.mina, "card_revision", card.pk)

    assert redactions_of(version, actor=cast.vera) == [third, second, first]
    assert redaction_of(version, first.pk, actor=cast.vera) == first


def test_a_reason_names_no_secret_and_is_of_a_known_kind(cast: Cast, version: ModelVersion) -> None:
    card = publish(version, cast, CANARY)

    def proposed(**changes: str) -> None:
        said = {"reason_code": "secret", "reason": "Why", **changes}
        propose_redaction(
            version, actor=cast.mina, kind="card_revision", target=str(card.pk), **said
        )

    refused(Invalid, "secret_found", proposed, reason="AKIA" + "QYLPMN5HHHFPZAM2 is valid.")
    refused(Invalid, "redaction_reason_unknown", proposed, reason_code="x")


@pytest.mark.parametrize(
    ("kind", "target", "code"),
    [
        ("card_revision", "0", "redaction_target_not_found"),
        ("evidence", "0192f0c0-0000-7000-8000-000000000000", "redaction_target_not_found"),
        ("file", "nothing.txt", "redaction_target_not_found"),
        ("file", "a\0b", "redaction_target_not_found"),
        ("decision", "x", "redaction_target_not_found"),
        ("password", "x", "redaction_kind_unknown"),
    ],
)
def test_only_what_is_there_is_redacted(
    cast: Cast, version: ModelVersion, kind: str, target: str, code: str
) -> None:
    refused(NotFound, code, propose, version, cast.mina, kind, target)


def test_the_kept_answer_to_a_request_forgets_too(cast: Cast, version: ModelVersion) -> None:
    card = publish(version, cast, f'Says "{CANARY}"\nand more.')
    kept = IdempotencyKey.objects.create(
        user=cast.mina, key="k", fingerprint="f", status=201, body={"sections": card.sections}
    )
    other = IdempotencyKey.objects.create(
        user=cast.mina, key="other", fingerprint="f", status=201, body={"id": 1}
    )

    agree(propose(version, cast.mina, "card_revision", card.pk), cast.rita)

    kept.refresh_from_db()
    other.refresh_from_db()
    assert (kept.body, other.body) == ({"redacted": True}, {"id": 1})


def test_those_who_can_agree_are_asked_and_the_proposer_hears(
    cast: Cast, version: ModelVersion
) -> None:
    card = publish(version, cast, CANARY)
    dispatch()
    Notification.objects.all().delete()
    redaction = propose(version, cast.marc, "card_revision", card.pk)
    dispatch()
    asked = Notification.objects.filter(kind="redaction:proposed")
    assert {str(one.user) for one in asked} == {"Rita Sandoval", str(cast.remy)}
    assert asked[0].url == f"/models/churn-predictor/versions/1/redactions/{redaction.pk}/"

    agree(redaction, cast.rita)
    dispatch()

    heard = Notification.objects.get(kind="redaction:approved")
    assert (heard.user, heard.title) == (cast.marc, "Rita Sandoval agreed to your redaction")
    assert not Letter.objects.exists()


def test_the_sweeper_does_not_mind_evidence_that_is_gone(cast: Cast, version: ModelVersion) -> None:
    piece = making.attach(version, cast.mina)
    redaction = propose(version, cast.mina, "evidence", piece.pk)
    agree(redaction, cast.rita)
    run_job(redaction.pk)

    assert sweep_documents() == 0


def test_a_file_keeps_its_row(cast: Cast, model_version: ModelVersion) -> None:
    before = ArtifactFile.objects.get(version=model_version, path="customers.csv")
    redaction = carried_out(model_version, cast)

    row = ArtifactFile.objects.get(pk=before.pk)
    assert (row.size, row.sha256) == (before.size, before.sha256)
    assert (row.redaction_id, row.offset, row.members) == (redaction.pk, None, None)


def test_a_look_during_which_the_package_was_replaced_is_no_verdict(
    cast: Cast, model_version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    from registry import reverification

    look = reverification.look_at

    def overtaken(version: ModelVersion, **further: Any) -> Any:
        carried_out(model_version, cast)
        return look(version, **further)

    with monkeypatch.context() as during:
        during.setattr(reverification, "look_at", overtaken)
        refusal = refused_at_work(Unavailable, verify_now, model_version)

    assert refusal.code == "package_redacted_meanwhile"
    model_version.refresh_from_db()
    assert model_version.quarantined_at is None
    PackageWatch.objects.update(lease_until=None)
    check = verify_now(model_version)
    assert check is not None
    assert check.outcome == Outcome.INTACT


def refused_at_work(kind: type[Unavailable], act: Any, *args: Any) -> Unavailable:
    """Call what refuses after work of others was recorded."""
    with pytest.raises(kind) as caught:
        act(*args)
    return caught.value


def test_a_scan_speaks_of_a_redacted_file_as_it_was_found(
    cast: Cast, model_version: ModelVersion
) -> None:
    carried_out(model_version, cast)
    before = latest_report(model_version)
    job = ask_for_rescan(model_version, actor=cast.marc)

    rescan(job.pk, scanner=scanning.here)

    job.refresh_from_db()
    assert job.state == "done", job.error
    after = latest_report(model_version)
    assert before is not None
    assert after is not None
    assert after.pk != before.pk
    assert after.findings_digest == before.findings_digest
