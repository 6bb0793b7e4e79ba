from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from aegis.problems import Conflict, Forbidden, Invalid, Refusal, Unavailable
from imports.asking import Wish, ask_import, cancel, retry, start
from imports.claims import claim
from imports.models import Import
from imports.rights import grant_import_right
from imports.running import run
from imports.sources.configured import KINDS
from imports.sources.protocol import FoundMetric, Notice
from registry.models import CardDraft, Metric, RegisteredModel, VersionFact
from tests.cast import Cast
from tests.imports.sources.folder import FolderSource
from tests.recorded import last, recorded
from tests.registry import making


@pytest.fixture
def source(cast: Cast, data_folder: object, monkeypatch: pytest.MonkeyPatch) -> FolderSource:
    folder = FolderSource(dict(making.FILES))
    monkeypatch.setitem(KINDS, "huggingface", folder.as_kind())
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
    return folder


def asked(cast: Cast, **further: Any) -> Import:
    fields: dict[str, Any] = {
        "actor": cast.mina,
        "source": "huggingface",
        "reference": {"repo": "acme/tiny"},
        "model_name": "tiny",
        "team": cast.growth,
    }
    return ask_import(**{**fields, **further})


def done(job: Import) -> Import:
    Import.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    run(job.pk)
    job.refresh_from_db()
    return job


def test_what_is_imported_is_registered_with_all_that_its_origin_says(
    cast: Cast, source: FolderSource, data_folder: Path
) -> None:
    source.about = {
        "facts": {"licence": "Apache-2.0", "shoe_size": 43},
        "metrics": (FoundMetric("accuracy", 0.9, "test"), FoundMetric("bad name!", 1.0)),
        "card": {"overview": "A tiny model that the tests import."},
        "about_model": {"task": "classification"},
    }
    since = last()

    job = done(asked(cast, wish=Wish(label="hf-1")))

    assert (job.state, job.error) == ("done", "")
    version = job.made
    assert (version.number, version.label, version.source) == (1, "hf-1", "huggingface")
    assert version.is_ready
    model = version.registered_model
    assert (model.name, model.team, model.task) == ("tiny", cast.growth, "classification")
    (fact,) = VersionFact.objects.filter(version=version)
    assert (fact.name, fact.value, fact.source) == ("licence", "Apache-2.0", "origin")
    (metric,) = Metric.objects.filter(version=version)
    assert (metric.name, metric.value, metric.source) == ("accuracy", 0.9, "claim")
    draft = CardDraft.objects.get(version=version)
    assert draft.author == cast.mina
    assert draft.sections["overview"].startswith("A tiny model")
    found = version.provenance
    assert (found.identity, found.is_complete) == ("folder:acme/tiny@c0ffee", True)
    assert "bad name!" in found.document["left_out_metrics"]
    assert "shoe_size" in found.document["notices"][0]["sentence"]
    assert [action for action, _, _ in recorded(since)] == [
        "import:asked",
        "model:registered",
        "version:registered",
        "version:found",
        "version:scanned",
        "version:ready",
    ]
    assert making.stored(data_folder / "uploads") == []


def test_what_is_not_there_leaves_nothing_behind(cast: Cast, source: FolderSource) -> None:
    job = done(asked(cast, reference={"repo": "acme/tyni"}))

    assert (job.state, job.error_code, job.version) == ("failed", "hub_repo_not_found", None)
    assert not RegisteredModel.objects.filter(name="tiny").exists()


def test_the_same_revision_again_gives_the_version_that_is_there(
    cast: Cast, source: FolderSource
) -> None:
    first = done(asked(cast)).made

    again = done(asked(cast))
    another = done(asked(cast, wish=Wish(new_version=True)))

    assert (again.state, again.version, again.same_as) == ("done", None, first)
    assert another.made.number == 2


def test_other_bytes_under_the_same_revision_are_refused(cast: Cast, source: FolderSource) -> None:
    done(asked(cast))
    source.files["config.json"] = b'{"layers": 3}'

    job = done(asked(cast))

    assert (job.state, job.error_code, job.version) == ("failed", "source_rewritten", None)


def test_another_mark_under_the_same_revision_is_refused_where_there_is_no_digest(
    cast: Cast, source: FolderSource
) -> None:
    first, *others = source.plan({"repo": "acme/tiny"}).files
    source.about = {"files": (replace(first, sha256="", mark="a1"), *others)}
    done(asked(cast))
    source.about = {"files": (replace(first, sha256="", mark="b2"), *others)}

    assert done(asked(cast)).error_code == "source_rewritten"


def test_a_source_that_names_a_pause_gets_it(cast: Cast, source: FolderSource) -> None:
    source.breaks["config.json"] = (
        0,
        Unavailable("hub_busy", "The hub asks to wait.", details={"retry_after": 900}),
    )

    job = done(asked(cast))

    assert job.lease_until is not None
    assert job.lease_until - timezone.now() > timedelta(minutes=14)


def test_a_source_that_is_away_is_waited_for_and_gone_on_with(
    cast: Cast, source: FolderSource
) -> None:
    big = making.weights(bytes(40 * 1024**2))
    source.files = {"big.safetensors": big}
    away = Unavailable("hub_unreachable", "The hub does not answer.")
    source.breaks["big.safetensors"] = (33 * 1024**2, away)

    job = done(asked(cast))
    assert (job.state, job.error_code) == ("waiting", "hub_unreachable")
    job = done(job)

    assert job.state == "done"
    assert source.asked == [("big.safetensors", 0), ("big.safetensors", 32 * 1024**2)]


def test_bytes_that_are_not_the_announced_ones_fail_the_import(
    cast: Cast, source: FolderSource
) -> None:
    plan = source.plan({"repo": "acme/tiny"})
    lying = replace(plan.files[0], sha256="0" * 64)
    source.about = {"files": (lying, *plan.files[1:])}

    job = done(asked(cast))

    assert (job.state, job.error_code) == ("failed", "upstream_digest_mismatch")
    assert job.made.state == "failed"
    source.about = {}
    assert done(retry(job, actor=cast.mina)).error_code == "upstream_digest_mismatch"


def test_a_look_waits_to_be_started(cast: Cast, source: FolderSource) -> None:
    job = done(asked(cast, waits_for_start=True))
    assert (job.state, job.version) == ("planned", None)
    assert not RegisteredModel.objects.filter(name="tiny").exists()

    job = done(start(job, actor=cast.mina))

    assert job.state == "done"
    assert job.made.is_ready


def test_a_notice_that_refuses_stops_the_import_and_shows_in_the_look(
    cast: Cast, source: FolderSource
) -> None:
    source.about = {"notices": (Notice("file_too_large", "One file is too large.", refuses=True),)}

    job = done(asked(cast, waits_for_start=True))
    assert job.state == "planned"
    job = done(start(job, actor=cast.mina))

    assert (job.state, job.error_code, job.version) == ("failed", "file_too_large", None)


def test_a_cancelled_import_keeps_its_number_and_fails_its_version(
    cast: Cast, source: FolderSource
) -> None:
    source.breaks["config.json"] = (1, Unavailable("hub_unreachable", "Away."))
    job = done(asked(cast))
    assert job.state == "waiting"

    job = cancel(job, actor=cast.mina)

    job.made.refresh_from_db()
    assert (job.state, job.made.failure_code) == ("cancelled", "import_cancelled")
    run(job.pk)
    job.refresh_from_db()
    assert job.state == "cancelled"
    with pytest.raises(Conflict, match="was cancelled"):
        cancel(job, actor=cast.mina)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reference": {}}, "reference_invalid"),
        ({"source": "ftp"}, "import_source_unknown"),
        ({"model_name": "a/b"}, "name_invalid"),
        ({"team": None}, "team_missing"),
        ({"wish": Wish(label="latest")}, "label_reserved"),
    ],
)
def test_what_can_be_refused_at_once_is(
    cast: Cast, source: FolderSource, change: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as caught:
        asked(cast, **change)
    assert caught.value.code == code
    assert not Import.objects.exists()


def test_only_a_team_with_the_right_imports(cast: Cast, source: FolderSource) -> None:
    with pytest.raises(Forbidden) as caught:
        asked(cast, actor=cast.rita, team=cast.risk_team)
    assert caught.value.code == "import_right_missing"


def test_whoever_lost_the_right_meanwhile_gets_nothing(cast: Cast, source: FolderSource) -> None:
    job = asked(cast)
    cast.growth.import_rights.all().delete()

    assert done(job).error_code == "import_right_missing"


def test_others_do_not_see_an_import_into_no_model_yet(cast: Cast, source: FolderSource) -> None:
    job = asked(cast)

    assert list(Import.objects.visible_to(cast.mina)) == [job]
    assert list(Import.objects.visible_to(cast.otto)) == [job]
    assert list(Import.objects.visible_to(cast.vera)) == []


def test_a_stranger_cannot_cancel(cast: Cast, source: FolderSource) -> None:
    job = asked(cast)
    with pytest.raises(Refusal):
        cancel(job, actor=cast.vera)


def test_one_person_runs_a_few_imports_at_a_time(
    cast: Cast, source: FolderSource, settings: Settings
) -> None:
    settings.AEGIS_IMPORTS_AT_ONCE = 1
    first, second = asked(cast), asked(cast, model_name="other")
    held = claim(first.pk)
    assert held is not None

    assert claim(second.pk) is None
    held.rows().update(lease_until=timezone.now())

    assert claim(second.pk) is not None


def test_an_import_that_went_on_meanwhile_is_looked_at_again(
    cast: Cast, source: FolderSource
) -> None:
    seen = asked(cast)
    source.breaks["config.json"] = (1, Unavailable("hub_unreachable", "Away."))
    done(Import.objects.get(pk=seen.pk))

    with pytest.raises(Conflict) as caught:
        cancel(seen, actor=cast.mina)

    assert caught.value.code == "import_went_on"
    assert cancel(Import.objects.get(pk=seen.pk), actor=cast.mina).state == "cancelled"
