"""Files that PyTorch wrote, and what becomes of them when somebody changes them."""

import io
import pickle
import zipfile
from pathlib import Path

import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.assembling import call, pickle_of, text
from tests.imports.scanning.scanned import codes, scanned

FOLDER = Path(__file__).parent / "torch"


def _rewritten(name: str, changes: dict[str, bytes]) -> bytes:
    """Return a file of PyTorch with members replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(FOLDER / name) as old, zipfile.ZipFile(out, "w") as new:
        folder = old.namelist()[0].split("/")[0]
        members = {each: old.read(each) for each in old.namelist()}
        members |= {f"{folder}/{each}": data for each, data in changes.items()}
        for each, data in members.items():
            new.writestr(each, data)
    return out.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "checkpoint.pt",
        "checkpoint_legacy.pth",
        "module.pt",
        "parameter.pt",
        "sparse_and_quantized.pt",
        "state_dict.pkl",
        "state_dict.pt",
        "state_dict_legacy.pth",
    ],
)
def test_files_of_pytorch_are_known(name: str) -> None:
    found = scanned((FOLDER / name).read_bytes(), name)
    assert (found.verdict, found.findings) == (Verdict.KNOWN, ())
    assert "torch.FloatStorage" in found.globals


@pytest.mark.parametrize(
    ("name", "code"), [("torchscript.pt", "torchscript"), ("exported.pt2", "torch_export")]
)
def test_programs_of_pytorch_are_unsafe_and_may_be_waived(name: str, code: str) -> None:
    found = scanned((FOLDER / name).read_bytes(), name)
    assert found.verdict is Verdict.UNSAFE
    assert code in codes(found)
    assert not any(finding.is_dangerous for finding in found.findings)


def test_a_rewritten_file_without_a_change_stays_known() -> None:
    assert scanned(_rewritten("state_dict.pt", {}), "model.pt").verdict is Verdict.KNOWN


def test_a_call_in_the_pickle_of_a_zip_is_dangerous() -> None:
    hostile = pickle_of(call("os", "system", text("true")), protocol=2)
    found = scanned(_rewritten("state_dict.pt", {"data.pkl": hostile}), "model.pt")
    assert found.verdict is Verdict.UNSAFE
    assert any(finding.is_dangerous for finding in found.findings)


def test_a_pickle_beside_the_storages_is_found() -> None:
    hostile = pickle_of(call("os", "system", text("true")))
    found = scanned(_rewritten("state_dict.pt", {"extra/model.pkl": hostile}), "model.pt")
    assert "dangerous_global" in codes(found)


def test_a_storage_that_is_missing_or_short_is_inconclusive() -> None:
    found = scanned(_rewritten("state_dict.pt", {"data/0": b"\0" * 4}), "model.pt")
    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {"torch_storages"})


@pytest.mark.parametrize("name", ["data/77", "data/model.pkl"])
def test_what_no_tensor_uses_is_not_passed_over_as_numbers(name: str) -> None:
    hostile = pickle_of(call("os", "system", text("true")))
    assert scanned(_rewritten("state_dict.pt", {name: hostile}), "model.pt").verdict.blocks


def test_bytes_behind_the_last_storage_of_the_legacy_layout_are_not_passed_over() -> None:
    data = (FOLDER / "state_dict_legacy.pth").read_bytes()
    found = scanned(data + pickle_of(call("os", "system", text("true"))), "model.pth")
    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {"trailing_data"})


def test_a_call_in_any_pickle_of_the_legacy_layout_is_dangerous() -> None:
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
    hostile = pickle_of(call("os", "system", text("true")), protocol=2)
    found = scanned(magic + pickle.dumps(1001, 2) + hostile, "model.pth")
    assert "dangerous_global" in codes(found)


def test_bytes_that_are_loaded_as_a_tensor_are_looked_into() -> None:
    hostile = pickle_of(call("os", "system", text("true")))
    nested = b"B" + len(hostile).to_bytes(4, "little") + hostile
    found = scanned(pickle_of(call("torch.storage", "_load_from_bytes", nested)))
    assert "dangerous_global" in codes(found)


def test_bytes_that_are_loaded_as_a_tensor_and_are_computed_are_unsafe() -> None:
    computed = call("builtins", "bytes", text("x"), text("ascii"))
    found = scanned(pickle_of(call("torch.storage", "_load_from_bytes", computed)))
    assert (found.verdict, codes(found)) == (Verdict.UNSAFE, {"irregular_call"})
