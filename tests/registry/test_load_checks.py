"""The report of a load check: its outcome is what it holds, for the files that it names."""

import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aegis.problems import Conflict, Forbidden, Invalid
from registry.evidence import attach_evidence, attest, claim_tag, outcome_of
from registry.models import Evidence, ModelVersion, RegisteredModel
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry import making

DIGEST = f"sha256:{'0' * 64}"
PREDICTED: dict[str, Any] = {
    "input": {"name": "input.csv", "sha256": DIGEST},
    "seconds": 0.1,
    "outputs": [{"name": "predict", "dtype": "<i8", "shape": [4], "sha256": DIGEST}],
}
COMPARED: dict[str, Any] = {
    "against": "expected",
    "expected": {"name": "expected.csv", "sha256": DIGEST},
    "values": 4,
    "mismatches": 0,
    "largest_difference": 1e-9,
    "rtol": 1e-5,
    "atol": 1e-8,
}


def report(version: ModelVersion, **further: Any) -> dict[str, Any]:
    """Return the report of a model that loads, predicts and is compared; None leaves a part out."""
    said = {
        "format": "aegis.load-check/1",
        "model": version.registered_model.name,
        "version": version.number,
        "manifest_digest": f"sha256:{version.digest}",
        "flavour": {"name": "skops", "title": "A scikit-learn model", "path": "model.skops"},
        "environment": {
            "python": "3.11.7",
            "platform": "Linux",
            "packages": {"scikit-learn": "1.9.1"},
            "walls": ["network", "calls"],
        },
        "loaded": {"kind": "sklearn.pipeline.Pipeline", "seconds": 1.5},
        "prediction": PREDICTED,
        "comparison": COMPARED,
        "outcome": "pass",
        "reason": "It loads.",
        "produced_by": "aegis check-load 0.1.0",
        "produced_at": "2026-11-20T09:14:00+00:00",
        **further,
    }
    return {name: value for name, value in said.items() if value is not None}


Attach = Callable[..., Evidence]


@pytest.fixture
def attach(cast: Cast, model: RegisteredModel, data_folder: Path) -> tuple[ModelVersion, Attach]:
    version = making.new_version(model, cast.mina)

    def attaching(said: dict[str, Any] | bytes) -> Evidence:
        return attach_evidence(
            version, actor=cast.mina, kind="load_check", title="Load check", file=making.file(said)
        )

    return version, attaching


def test_a_report_of_this_very_version_passes_and_carries_the_tag(
    attach: tuple[ModelVersion, Attach], cast: Cast
) -> None:
    version, attaching = attach
    since = last()
    evidence = attaching(report(version))
    assert evidence.outcome == "pass"
    assert evidence.findings["reason"] == (
        "Loaded as sklearn.pipeline.Pipeline; 4 values equal the expected ones, "
        "which differ by up to 1e-09 (rtol 1e-05, atol 1e-08)."
    )
    assert evidence.findings["environment"]["packages"] == {"scikit-learn": "1.9.1"}
    assert [name for name, _, _ in recorded(since)] == ["evidence:attached"]
    assert claim_tag(version, actor=cast.mina, name="load_checked").evidence == evidence


FAILS: list[tuple[dict[str, Any], str]] = [
    (
        {"comparison": {**COMPARED, "mismatches": 2}},
        "2 of 4 values differ from the expected ones by up to 1e-09",
    ),
    (
        {"comparison": {**COMPARED, "fault": "shapes differ"}},
        "cannot be compared with the expected",
    ),
    (
        {"loaded": None, "failure": {"code": "too_slow", "sentence": "It took too long."}},
        "It took too long.",
    ),
    ({"failure": {"code": "model_raised", "sentence": "It raised."}}, "It raised."),
    ({"loaded": None, "prediction": None, "comparison": None}, "It was not loaded."),
]


@pytest.mark.parametrize(("parts", "words"), FAILS)
def test_a_report_of_a_failure_fails_and_carries_nothing(
    attach: tuple[ModelVersion, Attach], cast: Cast, parts: dict[str, Any], words: str
) -> None:
    version, attaching = attach
    evidence = attaching(report(version, **parts, outcome="fail"))
    assert evidence.outcome == "fail"
    assert words in evidence.findings["reason"]
    claim = partial(claim_tag, version, actor=cast.mina, name="load_checked")
    refused(Conflict, "tag_needs_evidence", claim)


@pytest.mark.parametrize(("parts", "words"), FAILS)
def test_a_report_that_says_pass_and_holds_a_failure_is_refused(
    attach: tuple[ModelVersion, Attach], parts: dict[str, Any], words: str
) -> None:
    version, attaching = attach
    refused(Invalid, "outcome_contradicted", partial(attaching, report(version, **parts)))
    assert not Evidence.objects.exists()


def test_a_load_without_a_prediction_passes_and_says_so(
    attach: tuple[ModelVersion, Attach],
) -> None:
    version, attaching = attach
    evidence = attaching(report(version, prediction=None, comparison=None))
    assert evidence.outcome == "pass"
    assert evidence.findings["reason"].endswith("nothing was predicted.")


def test_a_report_about_other_files_is_refused(
    attach: tuple[ModelVersion, Attach], cast: Cast
) -> None:
    version, attaching = attach
    other = report(version, manifest_digest=DIGEST)
    found = refused(Invalid, "load_check_of_other_files", partial(attaching, other))
    assert found.sentence == (
        "This report is about other files than the version's: it names the manifest "
        f"{DIGEST[:19]}…, and the version's is sha256:{str(version.digest)[:12]}…, "
        "at /manifest_digest."
    )
    assert not Evidence.objects.exists()


def test_a_version_without_a_manifest_takes_no_report_yet(
    cast: Cast, pending: ModelVersion, data_folder: Path
) -> None:
    said = {**report(pending), "manifest_digest": DIGEST}
    attaching = partial(
        attach_evidence,
        pending,
        actor=cast.mina,
        kind="load_check",
        title="Load check",
        file=making.file(said),
    )
    found = refused(Invalid, "load_check_of_other_files", attaching)
    assert "none yet" in found.sentence


def _without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda said: said.pop(name)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (_without("manifest_digest"), ""),
        (_without("environment"), ""),
        (lambda said: said.update(extra=1), ""),
        (lambda said: said.update(format="aegis.load-check/2"), "/format"),
        (lambda said: said.update(outcome="good"), "/outcome"),
        (lambda said: said["loaded"].update(kind="a\u202eb"), "/loaded/kind"),
        (lambda said: said["comparison"].update(largest_difference=-1), "/comparison"),
        (lambda said: said["prediction"]["outputs"][0].update(shape=[-1]), "/prediction"),
    ],
)
def test_a_broken_report_is_refused_with_the_place(
    attach: tuple[ModelVersion, Attach], change: Callable[[dict[str, Any]], object], place: str
) -> None:
    version, attaching = attach
    said = copy.deepcopy(report(version))
    change(said)
    found = refused(Invalid, "report_breaks_schema", partial(attaching, said))
    assert str(found.details["pointer"]).startswith(place)


def test_another_tools_file_waits_for_a_person_who_did_not_attach_it(
    attach: tuple[ModelVersion, Attach], cast: Cast
) -> None:
    _, attaching = attach
    evidence = attaching(b"all is well")
    assert evidence.outcome == "unattested"
    own = partial(attest, evidence, actor=cast.mina, verdict="pass", comment="It loads.")
    refused(Forbidden, "own_evidence", own)
    attest(evidence, actor=cast.marc, verdict="pass", comment="It loads.")
    evidence.refresh_from_db()
    assert outcome_of(evidence) == "pass"
