"""Whole conversions: asked for, run as a worker runs them, registered and compared."""

from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_iris
from sklearn.neighbors import LocalOutlierFactor

from aegis.accounts.models import User
from aegis.events.models import Notification, OutboxEvent
from aegis.problems import Conflict, Forbidden, Invalid, Refusal
from imports.asking import Wish, ask_import, cancel, retry
from imports.converting import rooms
from imports.converting.asking import ask_conversion
from imports.converting.sweeping import sweep_rooms
from imports.handlers import convert_as_wished
from imports.models import Import
from imports.rights import grant_import_right
from imports.sources.configured import KINDS
from registry.cards import completeness
from registry.cards_publishing import beginning_for, publish_card
from registry.models import CardDraft, ModelVersion, RegisteredModel, VersionFact
from registry.quarantine import quarantine
from registry.recording_facts import record_fact, record_metric
from tests.approvals.making import take_away, write_card
from tests.cast import Cast
from tests.imports.converting.conftest import EXAMPLE, done, files
from tests.imports.sources.folder import FolderSource
from tests.recorded import last, recorded
from tests.registry import making, scanning

TORCH = Path(__file__).parents[1] / "scanning" / "torch" / "state_dict.pt"


def facts_of(version: ModelVersion) -> dict[str, Any]:
    return {fact.name: fact.value for fact in VersionFact.objects.filter(version=version)}


@pytest.mark.parametrize("to", ["skops", "sklearn-to-onnx"])
def test_a_scikit_learn_model_is_converted_and_compared(
    cast: Cast, parent: ModelVersion, to: str
) -> None:
    write_card(parent, cast.mina)
    record_fact(parent, actor=cast.mina, name="architecture", value="LogisticRegression")
    record_fact(parent, actor=cast.mina, name="framework_version", value="1.0")
    record_metric(parent, actor=cast.mina, name="accuracy", value=0.9)
    making.attach(parent, cast.mina)
    since = last()

    job = done(ask_conversion(parent, actor=cast.marc, to=to))

    assert (job.state, job.error) == ("done", "")
    version = job.made
    assert (version.number, version.stage, version.source) == (2, "None", "conversion")
    assert version.is_ready
    derivation = version.derivation
    assert (derivation.parent, derivation.parent_digest) == (parent, parent.digest)
    assert derivation.packages["scikit-learn"]
    assert {"reading", "calls"} <= set(derivation.isolation)
    comparison = version.comparisons.get()
    assert (comparison.values, comparison.outside) == (12, 0)
    assert comparison.largest_difference < 1e-5
    assert comparison.input_from == "input_example.json"
    assert comparison.manifest_digest == version.digest
    facts = facts_of(version)
    assert facts["architecture"] == "LogisticRegression"
    assert facts["source_uri"] == "models:/churn-predictor/1"
    assert "framework_version" not in facts
    assert not version.metrics.exists()
    assert not version.evidence.exists()
    assert not version.card_revisions.exists()
    assert [action for action, _, _ in recorded(since)] == [
        "import:asked",
        "version:registered",
        "version:found",
        "version:derived",
        "version:compared",
        "version:scanned",
        "version:ready",
    ]
    assert rooms.all_kept() == []


def test_its_card_is_marked_until_somebody_confirms_it(
    cast: Cast, acme: None, version: ModelVersion
) -> None:
    write_card(version, cast.mina)

    made = done(ask_conversion(version, actor=cast.marc, to="shouting")).made

    draft = CardDraft.objects.get(version=made, author=cast.marc)
    assert "Derived, to be confirmed" in draft.sections["overview"]
    found = beginning_for(made, cast.mina)
    assert (found.origin, found.sections) == ("derived", draft.sections)
    assert not completeness(draft.sections).complete
    publish_card(made, actor=cast.marc, sections=draft.sections, based_on=0)
    assert not completeness(made.card_revisions.get().sections).is_complete
    confirmed = {key: text.split("\n\n", 1)[1] for key, text in draft.sections.items()}
    assert completeness(confirmed).is_complete


def test_a_package_s_converter_is_found_and_what_was_not_compared_says_so(
    cast: Cast, acme: None, version: ModelVersion
) -> None:
    job = done(ask_conversion(version, actor=cast.marc, to="shouting", wish=Wish(label="loud")))

    made = job.made
    assert (made.label, made.derivation.converter) == ("loud", "json-to-shouting")
    assert made.derivation.converter_version == "3"
    assert [file.path for file in made.files.all()] == ["deep/er/config.txt"]
    assert not made.comparisons.exists()
    (notice,) = job.plan["notices"]
    assert notice["code"] == "conversion_not_compared"
    assert "model that can be loaded" in notice["sentence"]


def test_a_state_dict_is_compared_tensor_by_tensor(cast: Cast, model: RegisteredModel) -> None:
    # What lies beside it comes along, and would answer as before whatever became of the tensors.
    parent = making.new_version(
        model, cast.mina, {**files(), "pytorch_model.pt": TORCH.read_bytes()}
    )

    made = done(ask_conversion(parent, actor=cast.marc, to="safetensors")).made

    assert {file.path for file in made.files.all()} == {
        "input_example.json",
        "model.joblib",
        "model.safetensors",
    }
    compared = made.comparisons.get()
    assert (compared.method, compared.values, compared.outside) == ("tensors", 9, 0)


def test_asked_for_again_it_gives_the_version_that_is_there_and_compares_it_once_more(
    cast: Cast, parent: ModelVersion
) -> None:
    first = done(ask_conversion(parent, actor=cast.marc, to="skops")).made

    again = done(ask_conversion(parent, actor=cast.mina, to="skops", example=EXAMPLE[:1]))

    assert (again.state, again.version, again.same_as) == ("done", None, first)
    later, earlier = first.comparisons.order_by("-id")
    assert (later.values, later.input_from, later.requested_by) == (4, "", cast.mina)
    assert later.input_digest != earlier.input_digest
    assert rooms.all_kept() == []


def test_what_skl2onnx_cannot_convert_takes_no_number(cast: Cast, model: RegisteredModel) -> None:
    features, _ = load_iris(return_X_y=True)
    spread = LocalOutlierFactor().fit(features)
    parent = making.new_version(model, cast.mina, files(spread))

    job = done(ask_conversion(parent, actor=cast.marc, to="onnx"))

    assert (job.state, job.error_code, job.version) == ("failed", "conversion_impossible", None)
    assert "skl2onnx cannot convert LocalOutlierFactor" in job.error
    assert model.versions.count() == 1
    job = retry(job, actor=cast.marc)
    assert job.state == "waiting"
    cancel(job, actor=cast.marc)
    assert sweep_rooms() == 0


@pytest.mark.parametrize("name", ["crashing", "nothing", "outside"])
def test_a_converter_that_fails_leaves_nothing_behind(
    cast: Cast, acme: None, version: ModelVersion, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imports.converting import known

    where = f"acme_converters:{name.capitalize()}"
    monkeypatch.setattr(known, "_OWN", (*known._OWN, where))
    known.known.cache_clear()

    job = done(ask_conversion(version, actor=cast.marc, to=name))

    assert (job.state, job.version) == ("failed", None)
    assert job.error_code in {"conversion_died", "conversion_empty", "conversion_failed"}
    assert not list(rooms.folder().glob("work-*"))


def ask(version: ModelVersion, actor: User, **further: Any) -> Import:
    return ask_conversion(version, actor=actor, **{"to": "shouting", **further})


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("recalled", "version_recalled"),
        ("quarantined", "version_quarantined"),
        ("unsafe", "scan_not_clean"),
        ("pending", "version_pending"),
        ("converted", "conversion_of_a_conversion"),
    ],
)
def test_what_is_held_back_or_may_run_code_is_not_converted(
    cast: Cast, acme: None, model: RegisteredModel, version: ModelVersion, how: str, code: str
) -> None:
    subject = version
    if how == "pending":
        subject = making.new_import(model, cast.mina, {"config.json": b"[1]"}).made
    elif how == "converted":
        subject = done(ask(version, cast.marc)).made
    elif how == "unsafe":
        scanning.rescan(version, scanning.unknown(version))
    else:
        take_away(version, how)
    with pytest.raises(Refusal) as caught:
        ask(subject, cast.marc)
    assert caught.value.code in {code, "version_quarantined"}
    assert not Import.objects.filter(source="conversion", state="waiting").exists()


def test_what_was_put_in_quarantine_meanwhile_is_never_loaded(
    cast: Cast, acme: None, version: ModelVersion
) -> None:
    job = ask(version, cast.marc)
    quarantine(version, cause="scan", sentence="It imports acme.Gate.")

    job = done(job)

    assert (job.state, job.error_code) == ("failed", "version_quarantined")


@pytest.mark.parametrize(
    ("further", "code"),
    [
        ({"to": "word"}, "conversion_unknown"),
        ({"to": 7}, "conversion_unknown"),
        ({"to": "skops"}, "conversion_unfit"),
        ({"example": "words"}, "input_invalid"),
        ({"example": []}, "input_invalid"),
        ({"example": [float("nan")]}, "input_invalid"),
        ({"example": ["x" * 1024 * 1024]}, "input_too_large"),
        ({"wish": Wish(label="latest")}, "label_reserved"),
    ],
)
def test_what_can_be_refused_at_once_is(
    cast: Cast, acme: None, version: ModelVersion, further: dict[str, Any], code: str
) -> None:
    with pytest.raises((Invalid, Conflict)) as caught:
        ask(version, cast.marc, **further)
    assert caught.value.code == code
    assert not Import.objects.filter(source="conversion").exists()


def test_only_who_contributes_asks(cast: Cast, acme: None, version: ModelVersion) -> None:
    for stranger in (cast.rita, cast.stan, cast.otto):
        with pytest.raises(Forbidden):
            ask(version, stranger)


def test_a_conversion_is_swept_once_nobody_can_go_on_with_it(
    cast: Cast, acme: None, version: ModelVersion
) -> None:
    job = ask(version, cast.marc, example=[[1.0]])
    assert len(rooms.all_kept()) == 1
    assert sweep_rooms() == 0

    cancel(job, actor=cast.marc)

    assert sweep_rooms() == 1
    assert rooms.all_kept() == []


@pytest.fixture
def source(cast: Cast, data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> FolderSource:
    folder = FolderSource(dict(making.FILES))
    monkeypatch.setitem(KINDS, "huggingface", folder.as_kind())
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
    return folder


def imported(cast: Cast, convert: str) -> ModelVersion:
    """Import a version that is to be converted, and tell the handlers that it is ready."""
    job = ask_import(
        actor=cast.mina,
        source="huggingface",
        reference={"repo": "acme/tiny"},
        model_name="tiny",
        team=cast.growth,
        wish=Wish(convert=convert),
    )
    made = done(job).made
    event = OutboxEvent.objects.filter(kind="version:ready", payload__object__id=str(made.pk)).get()
    for _ in range(2):
        convert_as_wished(event)
    return made


def test_an_import_may_ask_for_its_conversion(cast: Cast, acme: None, source: FolderSource) -> None:
    made = imported(cast, "shouting")

    job = Import.objects.get(source="conversion")
    assert job.requested_by == cast.mina
    assert done(job).made.derivation.parent == made


def test_what_cannot_be_converted_is_told_to_whoever_asked(
    cast: Cast, acme: None, source: FolderSource
) -> None:
    imported(cast, "skops")

    assert not Import.objects.filter(source="conversion").exists()
    told = Notification.objects.filter(user=cast.mina, kind="version:not_converted").first()
    assert told is not None
    assert "reads the files" in told.body
