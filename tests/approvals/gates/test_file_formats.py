"""The gate ``file_formats``: what is allowed, what runs code when it is loaded, what is odd."""

from typing import Any

import pytest

from aegis.problems import Invalid
from approvals.gates import GATES, GateOutcome, Outcome
from approvals.gates.file_formats import GATE
from tests.approvals.samples import gate_input, version
from tests.approvals.scanned import TRAILING, UNKNOWN, file, pickle, scan


def outcome(*files: dict[str, Any], **parameters: Any) -> GateOutcome:
    return GATE.check(gate_input(version(scan=scan(*files))), parameters)


def test_it_is_one_of_the_gates() -> None:
    assert GATES["file_formats"] is GATE


def test_what_was_never_scanned_does_not_pass() -> None:
    assert GATE.check(gate_input(version()), {}).outcome is Outcome.FAIL


def test_whole_files_of_data_pass_with_their_formats() -> None:
    said = outcome(file("a"), file("b"), file("c", format="json"))

    assert (said.outcome, said.summary) == (Outcome.PASS, "2 safetensors and 1 json")
    assert said.findings["formats"] == {"safetensors": 2, "json": 1}


@pytest.mark.parametrize("name", ["pickle", "pytorch", "zip", "zip+pickle"])
def test_pickles_warn_and_name_what_is_better(name: str) -> None:
    said = outcome(file("a"), {**pickle("model.pkl"), "format": name})

    assert said.outcome is Outcome.WARN
    assert "model.pkl is a pickle" in said.reason
    assert "safetensors, skops or ONNX" in said.mend
    assert said.findings["pickles"] == ["model.pkl"]


def test_a_pickle_that_names_what_is_unknown_is_not_called_known() -> None:
    known, unknown = pickle("a.pkl"), {**pickle("b.pkl"), "verdict": "unsafe"}

    assert outcome(known).reason == (
        "a.pkl is a pickle: loading it runs code, though all that it names is known."
    )
    assert outcome(unknown).reason == "b.pkl is a pickle: loading it runs code."


def test_odd_files_warn_with_what_is_odd() -> None:
    said = outcome(file("a"), file("b.safetensors", findings=[TRAILING]))

    assert said.outcome is Outcome.WARN
    assert said.reason == f"b.safetensors: {TRAILING['sentence']}"
    assert said.findings["odd"] == [
        {"path": "b.safetensors", "code": "trailing_data", "place": "byte 912"}
    ]


def test_what_blocks_is_the_other_gates_business() -> None:
    said = outcome(file("a", "unsafe", findings=[UNKNOWN]))

    assert said.outcome is Outcome.PASS


def test_only_listed_formats_pass_where_there_is_a_list() -> None:
    files = [file("a"), file("b", format="json")]

    assert outcome(*files, allowed=["json", "safetensors"]).outcome is Outcome.PASS
    said = outcome(*files, allowed=["safetensors"])
    assert said.outcome is Outcome.FAIL
    assert said.reason == "The policy allows safetensors: b is json."
    assert said.findings["not_allowed"] == ["b"]
    # A file that reads as two formats needs both.
    assert outcome(file("a", format="gguf+zip"), allowed=["gguf"]).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "parameters",
    [{"allowed": []}, {"allowed": "json"}, {"allowed": ["JSON!"]}, {"denied": ["json"]}],
)
def test_parameters_that_mean_nothing_are_refused(parameters: Any) -> None:
    with pytest.raises(Invalid):
        GATE.read(parameters)


def test_its_words_say_what_is_asked() -> None:
    assert GATE.words(GATE.read({"allowed": ["onnx", "json"]})) == "json or onnx"
    assert "data only" in GATE.words({})


def test_what_is_recommended_does_not_warn_for_the_names_in_it() -> None:
    said = outcome({**pickle("model.skops"), "format": "skops"})

    assert said.outcome is Outcome.PASS
