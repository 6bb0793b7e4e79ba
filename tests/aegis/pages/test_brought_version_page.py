"""The page of a version that a client brought with its signature and the word on its origin."""

from collections.abc import Callable
from pathlib import Path

from django.test import Client

from aegis.accounts.models import User
from imports.rights import grant_import_right
from imports.running import run
from imports.stating import state_origin
from imports.uploading import import_upload
from registry.bringing import bring_signature
from registry.models import RegisteredModel
from registry.uploads import open_upload
from tests.cast import Cast
from tests.imports.test_stating import said
from tests.registry import making, scanning
from tests.registry.client_keys import ClientKey, manifest_of

AsPerson = Callable[[User], Client]


def test_it_says_whose_word_the_origin_is_and_who_had_it_signed(
    cast: Cast, model: RegisteredModel, as_person: AsPerson, tmp_path: Path
) -> None:
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
    upload = open_upload(actor=cast.mina)
    making.send(upload, cast.mina)
    key = ClientKey(cast, tmp_path)
    bring_signature(upload, actor=cast.mina, data=key.sign(manifest_of(making.FILES)))
    state_origin(
        upload,
        actor=cast.mina,
        source="huggingface",
        reference={"repo": "acme/tiny"},
        answers=said(),
        model_name=model.name,
    )
    run(import_upload(model, upload, actor=cast.mina).pk, scanner=scanning.here)

    page = as_person(cast.mina).get("/models/churn-predictor/versions/1/").content.decode()

    assert "mina, who had it made and brought it with the files" in page
    assert "Aegis has not asked there" in page
    assert "not checked at the source" in page
    assert "Stated by" in page
    assert "Found by" not in page
