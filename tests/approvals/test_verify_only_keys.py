"""Promoting what a key signed that Aegis never reaches: a key that signs makes the statement."""

from pathlib import Path

from approvals.promoting import promote
from imports.running import run
from imports.uploading import import_upload
from registry.bringing import bring_signature
from registry.models import ModelVersion, RegisteredModel
from registry.uploads import open_upload
from tests.approvals import attacks, making
from tests.approvals.attacks import refused
from tests.cast import Cast
from tests.registry import making as registering
from tests.registry import scanning
from tests.registry.client_keys import listed_to_verify, manifest_of, new_signer, signed


def test_the_statement_of_its_promotion_is_signed_here(
    cast: Cast, model: RegisteredModel, data_folder: None, tmp_path: Path
) -> None:
    signer = new_signer(tmp_path / "1.pem")
    listed_to_verify(cast, signer)
    upload = open_upload(actor=cast.mina)
    registering.send(upload, cast.mina)
    bundle = signed(signer, manifest_of(registering.FILES)).data
    bring_signature(upload, actor=cast.mina, data=bundle)
    job = import_upload(model, upload, actor=cast.mina)
    run(job.pk, scanner=scanning.here)
    version = ModelVersion.objects.get(pk=job.version_id)
    making.write_card(version, cast.mina)
    request = making.ask(version, cast.mina)
    making.say(request, cast.rita)
    making.say(request, cast.remy)
    with refused("With a key to verify only nothing is signed here"):
        attacks.insert_statement(request)

    promote(request.pk)

    version.refresh_from_db()
    assert version.stage == "Production"
    assert version.signatures.get().key_name == "elsewhere"
    assert request.statements.get().key_name == "aegis-development"
