"""``aegis import s3`` and ``aegis register s3://…``: what people are told, and exit codes."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from typer.testing import CliRunner, Result

from aegis.cli.app import app
from aegis.cli.exits import Exit
from aegis.sdk import ModelRegistry, Unreachable, import_s3
from imports.models import Import
from imports.rights import grant_import_right
from registry.models import ModelVersion, RegisteredModel
from tests.aegis.sdk.serving import Serving
from tests.imports.sources.s3.conftest import Place, Shelf, faulty, place, s3, shelf
from tests.registry import making

__all__ = ["faulty", "place", "s3", "shelf"]

pytestmark = pytest.mark.django_db(transaction=True)

Command = Callable[..., Result]


@pytest.fixture
def command(serving: Serving, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return a function that runs the command as mina, and ends with the exit that is due."""
    shelf.put({f"m/{path}": data for path, data in making.FILES.items()})
    grant_import_right(serving.cast.growth, actor=serving.cast.ada, source="s3", place="models")
    monkeypatch.setenv("AEGIS_URL", serving.url)
    monkeypatch.setenv("AEGIS_TOKEN", serving.token(serving.cast.mina))

    def run(*arguments: str, due: Exit = Exit.DONE) -> Result:
        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == due, (arguments, done.exit_code, done.output)
        assert "Traceback" not in done.output
        return done

    return run


def read(done: Result) -> Any:
    return json.loads(done.stdout)


def test_a_folder_is_imported_and_shown_with_its_etags(command: Command, shelf: Shelf) -> None:
    made = read(command("import", "s3", shelf.uri("m/"), "--model-name", "tiny", "--json"))
    assert (made["registered"], made["model"], made["label"]) == (True, "tiny", "1.0.0")
    assert made["import"]["shown"] == shelf.uri("m/")
    assert all(one["passed"] for one in made["verification"])
    origin = read(command("show", "tiny@1", "--provenance", "--json"))["provenance"]
    etags = {file["path"]: file["mark"] for file in origin["files"]}
    assert etags.keys() == making.FILES.keys()
    said = command("show", "tiny@1", "--provenance").stdout
    assert f"Origin     {shelf.uri('m/')}, a bucket" in said
    for etag in etags.values():
        assert f"ETag {etag}" in said
    again = read(command("import", "s3", shelf.uri("m/"), "--model-name", "tiny", "--json"))
    assert again["already_registered"]


def test_a_plan_leaves_nothing(command: Command, shelf: Shelf) -> None:
    options = ("--model-name", "tiny", "--plan", "--include", "*.json")
    said = command("import", "s3", shelf.uri("m"), *options).stdout
    assert f"Import {shelf.uri('m/')} from a bucket as tiny" in said
    assert "Nothing was changed." in said
    shelf.put({"m/odd.": b"1"})
    refused = command("import", "s3", shelf.uri("m/"), *options[:3], due=Exit.REFUSED)
    assert "odd. cannot be the path of a file." in refused.stdout
    assert not RegisteredModel.objects.exists()
    assert not Import.objects.exclude(state="cancelled").exists()


def test_each_way_it_can_go_wrong_has_its_exit(
    command: Command, shelf: Shelf, place: Place, serving: Serving, settings: Settings
) -> None:
    place("gone", bucket="aegis-gone", prefix="x")
    place("theirs", prefix="theirs")
    wrong = {"access_key_id": "reader", "secret_access_key": "wrong"}
    place("wrong", prefix="wrong", credential=wrong)
    for name in ("gone", "wrong"):
        grant_import_right(serving.cast.growth, actor=serving.cast.ada, source="s3", place=name)
    for uri, due, words in (
        ("m/", Exit.WRONG_USAGE, "is no address of a bucket"),
        (shelf.uri("../x"), Exit.WRONG_USAGE, "leads elsewhere"),
        ("s3://elsewhere/m/", Exit.WRONG_USAGE, "part of no bucket"),
        (shelf.uri("none/"), Exit.NOT_FOUND, "has no object"),
        ("s3://aegis-gone/x/m/", Exit.NOT_FOUND, "does not exist"),
        ("s3://aegis-tests/theirs/m/", Exit.REFUSED, "no right to import from Bucket theirs"),
        ("s3://aegis-tests/wrong/m/", Exit.REFUSED, "does not accept the credential"),
    ):
        for form in (("import", "s3", uri, "--model-name", "tiny"), ("register", uri, "tiny")):
            if form[0] == "register" and not uri.startswith("s3://"):
                continue
            done = command(*form, due=due)
            assert words in " ".join(done.output.split()), (form, done.output)
    assert not RegisteredModel.objects.exists()
    assert not ModelVersion.objects.exists()


def test_a_bucket_that_is_away_is_waited_for_only_so_long(
    command: Command, shelf: Shelf, serving: Serving
) -> None:
    away = shelf.proxy.plan("get bucket", "refuse", times=1000, status=503)
    token = serving.token(serving.cast.mina)
    with ModelRegistry(serving.url, token, patience=0.5) as registry:
        with pytest.raises(Unreachable, match="does not answer") as refusal:
            registry.import_s3(shelf.uri("m/"), "tiny")
        assert refusal.value.code == "s3_away"
    away.times = 0
    number = refusal.value.details["import"]
    Import.objects.filter(number=number).update(lease_until=None)
    with ModelRegistry(serving.url, token) as registry:
        assert registry.wait_for_import(number).state == "ready"


def test_register_takes_an_address_with_all_that_files_may_have(
    command: Command, shelf: Shelf, serving: Serving
) -> None:
    made = read(
        command(
            *("register", shelf.uri("m/"), "tiny", "--version", "3.0.0", "--team", "growth"),
            *("--tag", "framework=pytorch", "--tag", "owner=ana", "--metric", "accuracy=0.9"),
            *("--fact", "licence=MIT", "--description", "New.", "--json"),
        )
    )
    assert (made["model"], made["label"], made["state"]) == ("tiny", "3.0.0", "ready")
    model = RegisteredModel.objects.get()
    assert (model.framework, model.tags) == ("pytorch", {"owner": "ana"})
    version = ModelVersion.objects.get()
    facts = dict(version.facts.values_list("name", "value"))
    assert (facts["framework"], facts["licence"]) == ("pytorch", "MIT")
    assert (version.description, version.source) == ("New.", "s3")
    assert [(one.name, one.source) for one in version.metrics.all()] == [("accuracy", "stated")]

    again = read(
        command(
            "register", shelf.uri("m/"), "tiny", "--tag", "tier=1", "--metric", "f1=0.5", "--json"
        )
    )
    assert again["already_registered"]
    model.refresh_from_db()
    assert model.tags == {"owner": "ana", "tier": "1"}
    assert version.metrics.count() == 1


def test_what_a_model_may_not_have_leaves_nothing(command: Command, shelf: Shelf) -> None:
    command("register", shelf.uri("m/"), "tiny", "--tag", f"a={'x' * 2000}", due=Exit.WRONG_USAGE)
    command("register", shelf.uri("m/"), "tiny", "--fact", "nothing=1", due=Exit.WRONG_USAGE)
    signed = command(
        "register", shelf.uri("m/"), "tiny", "--key", "/dev/null", due=Exit.WRONG_USAGE
    )
    assert signed.output
    assert not RegisteredModel.objects.exists()
    assert not Import.objects.exclude(state="cancelled").exists()


def test_one_call_does_the_same(command: Command, shelf: Shelf, serving: Serving) -> None:
    token = serving.token(serving.cast.mina)
    made = import_s3(shelf.uri("m/"), "tiny", url=serving.url, token=token, wait=True)
    assert (made.name, made.state) == ("tiny@1", "ready")
    with ModelRegistry(serving.url, token) as registry:
        pending = registry.register(shelf.uri("m/"), "tiny", new_version=True, wait=False)
        assert pending.number == 2
        assert pending.job is not None
        assert registry.wait_for_import(pending.job.number).state == "ready"
