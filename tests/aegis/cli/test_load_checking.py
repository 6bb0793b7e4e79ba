"""``aegis check-load`` at a real registry, with models of real libraries and real children."""

import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from aegis.cli.app import app
from aegis.cli.exits import Exit
from approvals.policies import GateSpec
from approvals.recalling import recall
from registry.models import Evidence, ModelVersion
from registry.registration import register_model
from registry.schemas import validate
from tests.aegis.sdk.serving import Serving
from tests.approvals.making import staging_policy

pytestmark = pytest.mark.django_db(transaction=True)

Check = Callable[..., Result]
Add = Callable[[str], ModelVersion]


@pytest.fixture
def check(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Return a function that runs the command as mina, and ends with the exit that is due."""
    monkeypatch.setenv("AEGIS_URL", serving.url)
    monkeypatch.setenv("AEGIS_TOKEN", serving.token(serving.cast.mina))

    def run(*arguments: str, due: Exit = Exit.DONE, command: str = "check-load") -> Result:
        done = CliRunner().invoke(app, [command, *arguments])
        assert done.exit_code == due, (arguments, done.exit_code, done.output)
        assert "Traceback" not in done.output
        return done

    return run


@pytest.fixture
def add(serving: Serving, models: Path) -> Add:
    """Return a function that registers one of the models as ``churn``."""

    def adding(name: str) -> ModelVersion:
        files = {
            path.relative_to(models / name).as_posix(): path.read_bytes()
            for path in (models / name).rglob("*")
            if path.is_file()
        }
        return registered(serving, files)

    return adding


def registered(serving: Serving, files: dict[str, bytes]) -> ModelVersion:
    model = register_model(actor=serving.cast.mina, name="churn", team=serving.cast.growth)
    return serving.new_version(model, files)


def read(done: Result) -> Any:
    return json.loads(done.stdout)


def test_a_model_is_loaded_compared_and_reported(check: Check, add: Add, models: Path) -> None:
    version = add("skops")
    given = ("--input", str(models / "input.csv"), "--expected", str(models / "expected.csv"))
    report = read(check("churn@1", *given, "--json"))["report"]

    validate(report, "aegis.load-check/1")
    assert (report["model"], report["version"], report["outcome"]) == ("churn", 1, "pass")
    assert report["manifest_digest"] == f"sha256:{version.digest}"
    assert report["flavour"]["name"] == "skops"
    assert {"numpy", "scikit-learn", "skops"} <= report["environment"]["packages"].keys()
    assert {"network", "calls"} & set(report["environment"]["walls"])
    outputs = {one["name"]: (one["dtype"], one["shape"]) for one in report["prediction"]["outputs"]}
    assert outputs == {"predict": ("<i8", [4]), "predict_proba": ("<f8", [4, 2])}
    comparison = report["comparison"]
    assert (comparison["against"], comparison["values"], comparison["mismatches"]) == (
        "expected",
        4,
        0,
    )
    assert not Evidence.objects.exists()


def test_the_example_of_mlflow_is_asked_twice_where_nothing_is_expected(
    check: Check, add: Add
) -> None:
    add("mlflow")
    said = check("churn").stdout
    assert said.startswith("churn@1: A model of MLflow (sklearn), model.skops\nLoaded     sklearn.")
    assert "Input      serving_input_example.json, which came with it\n" in said
    assert "values equal those of a second run (rtol 1e-05, atol 1e-08)." in said
    assert said.splitlines()[-1].startswith("ok    Loaded as sklearn.linear_model.")


def test_an_example_of_another_form_is_said_to_be_unread(
    check: Check, serving: Serving, models: Path
) -> None:
    files = {path.name: path.read_bytes() for path in (models / "mlflow").iterdir()}
    registered(serving, {**files, "serving_input_example.json": b"[[1], [2, 3]]"})
    said = check("churn").stdout
    assert "Notice     The input example that came with it is in a form of its own" in said
    assert said.endswith("nothing was predicted.\n")


def test_outputs_that_differ_end_with_one_and_say_by_how_much(
    check: Check, add: Add, models: Path, tmp_path: Path
) -> None:
    add("onnx")
    (tmp_path / "expected.json").write_text('{"y": [[0, 0], [0, 0], [0, 0], [0, 0]]}')
    given = ("--input", str(models / "input.npy"), "--expected", str(tmp_path / "expected.json"))
    done = check("churn@1", *given, due=Exit.FAILED)
    assert "FAIL  Loaded as ONNX graph by tests, and 8 of 8 values differ" in done.stdout
    report = read(check("churn@1", *given, "--json", due=Exit.FAILED))["report"]
    assert report["comparison"]["largest_difference"] > 0
    check("churn@1", *given, "--atol", "100")


def test_a_posted_check_carries_the_tag_that_a_gate_wants(
    check: Check, add: Add, serving: Serving
) -> None:
    add("skops")
    staging_policy(
        serving.cast, gates=[GateSpec("compliance_tags", {"required": ["load_checked"]})]
    )
    staging = ("churn@1", "--stage", "Staging")
    refused = check(*staging, command="check", due=Exit.REFUSED)
    assert "load check" in refused.stdout

    said = check("churn@1", "--post", "--claim").stdout
    headings = [line for line in said.splitlines() if line in {"Plan", "Changes", "Summary"}]
    assert headings == ["Plan", "Changes", "Summary"]
    assert "ok    the evidence is there, with the outcome pass" in said
    evidence = Evidence.objects.get()
    assert (evidence.kind, evidence.outcome) == ("load_check", "pass")
    assert evidence.attached_by == serving.cast.mina
    assert check(*staging, command="check").stdout.startswith("ok    Compliance tags")


def test_a_check_that_failed_is_posted_and_claims_nothing(
    check: Check, add: Add, models: Path, tmp_path: Path
) -> None:
    add("onnx")
    (tmp_path / "input.csv").write_text("a,b\n1,2\n")
    given = ("--input", str(tmp_path / "input.csv"), "--post", "--claim", "--json")
    said = read(check("churn@1", *given, due=Exit.FAILED))
    assert (said["report"]["outcome"], said["tag"]) == ("fail", None)
    assert said["report"]["failure"]["code"] == "model_raised"
    assert said["evidence"]["outcome"] == "fail"
    assert "It was loaded and does not predict" in said["evidence"]["findings"]["reason"]


def test_weights_alone_are_read_and_compared_with_nothing(
    check: Check, add: Add, models: Path
) -> None:
    add("safetensors")
    said = check("churn@1").stdout
    assert "Tensors    3, 26 bytes" in said
    assert "ok    Loaded as safetensors; nothing was predicted." in said
    given = ("--input", str(models / "input.csv"), "--expected", str(models / "expected.csv"))
    done = check("churn@1", *given, due=Exit.FAILED)
    assert "FAIL  It predicts nothing that could be compared" in done.stdout


def test_who_may_not_change_the_model_checks_and_does_not_post(
    check: Check, add: Add, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("safetensors")
    monkeypatch.setenv("AEGIS_TOKEN", serving.token(serving.cast.vera))
    check("churn@1")
    check("churn@1", "--post", due=Exit.REFUSED)
    assert not Evidence.objects.exists()


def test_what_is_missing_is_named_with_what_installs_it(
    check: Check, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    done = check("churn@1", due=Exit.FAILED)
    assert done.stderr == (
        "onnxruntime is not installed here. An ONNX graph needs it. Install what is missing: "
        "pip install 'aegis-registry[convert]', or pip install onnxruntime alone.\n"
    )
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert "numpy is not installed here" in check("churn@1", due=Exit.FAILED).stderr


def test_files_without_a_model_end_with_one(check: Check, serving: Serving) -> None:
    registered(serving, {"notes.txt": b"hello"})
    done = check("churn@1", due=Exit.FAILED)
    assert done.stderr.startswith("None of its files is a model that can be loaded here.")


def test_a_quarantined_version_is_not_even_fetched(check: Check, serving: Serving) -> None:
    class Runs:
        def __reduce__(self) -> tuple[Any, ...]:
            import os

            return os.system, ("true",)

    registered(serving, {"model.pkl": pickle.dumps(Runs())})
    assert "quarantine" in check("churn@1", due=Exit.REFUSED).stderr


def test_a_recalled_version_is_refused(check: Check, serving: Serving, add: Add) -> None:
    version = add("safetensors")
    recall(version, actor=serving.cast.mina, reason="It is wrong.")
    assert "recall" in check("churn@1", due=Exit.REFUSED).stderr


@pytest.mark.parametrize(
    ("given", "due", "words"),
    [
        (("churn@1", "--claim"), Exit.WRONG_USAGE, "--claim needs --post"),
        (("churn@1", "--input", "none.csv"), Exit.NOT_FOUND, "There is no file none.csv"),
        (("churn@1", "--atol", "-1"), Exit.WRONG_USAGE, "atol is a number from 0 on"),
        (("churn@1", "--rtol", "nan"), Exit.WRONG_USAGE, "rtol is a number from 0 on"),
        (("churn@1", "--seconds", "0"), Exit.WRONG_USAGE, "The time is between"),
        (("churn@1", "--memory", "0"), Exit.WRONG_USAGE, "GiB above 0"),
        (("churn@1", "--file", "none.onnx"), Exit.FAILED, "There is no file none.onnx in it"),
        (("churn@7",), Exit.NOT_FOUND, "7"),
        (("nothing",), Exit.NOT_FOUND, "nothing"),
        (("churn@1", "--url", "http://127.0.0.1:9"), Exit.UNREACHABLE, "cannot be reached"),
    ],
)
def test_bad_input_is_one_line_and_an_exit(
    check: Check, add: Add, given: tuple[str, ...], due: Exit, words: str
) -> None:
    add("safetensors")
    done = check(*given, due=due)
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_nothing_of_it_is_left_on_the_machine(
    check: Check, add: Add, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("safetensors")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    check("churn@1")
    assert list(scratch.iterdir()) == []
