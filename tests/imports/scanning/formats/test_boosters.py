import json
import struct
from pathlib import Path

import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.scanned import codes, scan


def key(name: str) -> bytes:
    return b"L" + struct.pack(">q", len(name)) + name.encode()


GOOD = b"{" + key("learner") + b"[$d#L" + struct.pack(">q", 2) + bytes(8) + b"}"


def valued(value: bytes) -> bytes:
    return b"{" + key("learner") + value + b"}"


@pytest.mark.parametrize(
    "value",
    [b"Z", b"T", b"F", b"i\x01", b"U\xff", b"I\0\1", b"D" + bytes(8), b"SL" + bytes(7) + b"\x01x",
     b"[i\x01i\x02]", b"[#i\x02i\x01Z", b"{}", b"[]", b"[$L#i\x01" + bytes(8), b"{#i\x01i\x01aZ"],
)  # fmt: skip
def test_every_kind_of_value_is_read(value: bytes) -> None:
    assert scan(valued(value), "model.ubj").verdict is Verdict.DATA


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("truncated", valued(b"[$d#L" + struct.pack(">q", 2**62))),
        ("counts_too_large", valued(b"[#L" + struct.pack(">q", 2**62))),
        ("counts_too_large", valued(b"[$Z#L" + struct.pack(">q", 2**62))),
        ("counts_too_large", valued(b"{#L" + struct.pack(">q", 2**62))),
        ("length_negative", valued(b"[#L" + struct.pack(">q", -1))),
        ("length_negative", valued(b"SL" + struct.pack(">q", -5))),
        ("truncated", valued(b"SL" + struct.pack(">q", 2**62))),
        ("nested_too_deep", valued(b"[" * 5_000 + b"]" * 5_000)),
        ("ubjson_unknown", valued(b"x")),
        ("ubjson_unknown", valued(b"[$d" + b"x")),
        ("duplicate_key", b"{" + (key("a") + b"Z") * 2 + b"}"),
        ("trailing_bytes", GOOD + b"hidden"),
    ],
)
def test_broken_ubjson_blocks(code: str, data: bytes) -> None:
    found = scan(data, "model.ubj")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {code})


def test_no_cut_of_ubjson_passes() -> None:
    for end in range(1, len(GOOD)):
        assert scan(GOOD[:end], "model.ubj").verdict is Verdict.INCONCLUSIVE, end


def changed(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        ("trees_missing", b"tree_sizes=", b"tree_size="),
        ("trees_missing", b"\nTree=0\n", b"\nTree=9\n"),
        ("tree_not_there", b"tree_sizes=", b"tree_sizes=1"),
        ("tree_not_there", b"\nTree=1\n", b"\nTree=9\n"),
        ("tree_not_there", b"\nTree=2\n", b"\n\nTree=2\n"),
        ("tree_not_there", b"tree_sizes=", b"tree_sizes=99999999999999999999 "),
        ("trees_no_end", b"end of trees", b"end of tree"),
        ("trees_no_end", b"end of trees", b"Tree=5\nend of trees"),
    ],
)
def test_a_model_of_lightgbm_whose_sizes_lie_blocks(
    real_files: Path, code: str, old: bytes, new: bytes
) -> None:
    data = changed((real_files / "lightgbm.txt").read_bytes(), old, new)

    found = scan(data, "model.txt")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {code})


def test_a_model_of_xgboost_with_a_key_twice_blocks(real_files: Path) -> None:
    data = changed((real_files / "xgboost.json").read_bytes(), b"{", b'{"version":[9],')

    assert codes(scan(data, "model.json")) == {"json_duplicate_key"}


def test_the_old_binary_form_of_xgboost_blocks() -> None:
    assert codes(scan(b"binf" + bytes(100), "model.bin")) >= {"format_deprecated"}


def catboost(core: bytes, size: int | None = None, behind: bytes = b"") -> bytes:
    length = len(core) if size is None else size
    return b"CBM1" + struct.pack("<I", length) + core + behind


# A root offset, a list of fields without fields, and a table that leads back to it.
CORE = struct.pack("<IHHi", 8, 4, 4, 4)


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("truncated", catboost(CORE, 2**31)),
        ("truncated", catboost(CORE, 0)),
        ("trailing_bytes", catboost(CORE, behind=b"hidden")),
        ("offset_out_of_bounds", catboost(struct.pack("<IHHi", 2**31, 4, 4, 4))),
        ("offset_out_of_bounds", catboost(struct.pack("<IHHi", 8, 4, 4, -(2**30)))),
        ("table", catboost(struct.pack("<IHHi", 8, 3, 4, 4))),
    ],
)
def test_a_broken_model_of_catboost_blocks(code: str, data: bytes) -> None:
    assert scan(catboost(CORE), "model.cbm").verdict is Verdict.DATA

    found = scan(data, "model.cbm")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {code})


def test_a_skops_schema_says_which_types_it_builds() -> None:
    def node(name: str, module: str, loader: str = "ObjectNode") -> bytes:
        return json.dumps({"__class__": name, "__module__": module, "__loader__": loader}).encode()

    known = scan(node("LogisticRegression", "sklearn.linear_model._logistic"), "schema.json")
    custom = scan(node("Model", "ours"), "schema.json")
    hostile = scan(node("system", "os", "FunctionNode"), "schema.json")
    # CVE-2025-54412, -54413, -54886: loaders that call what the file names.
    operator = scan(node("methodcaller", "operator", "OperatorFuncNode"), "schema.json")
    unheard = scan(node("str", "builtins", "NewNode"), "schema.json")

    assert known.verdict is Verdict.KNOWN
    assert known.globals == ("sklearn.linear_model._logistic.LogisticRegression",)
    assert (custom.verdict, codes(custom)) == (Verdict.UNSAFE, {"skops_type"})
    assert not any(each.is_dangerous for each in custom.findings)
    assert all(each.is_dangerous for each in (*hostile.findings, *operator.findings))
    assert unheard.verdict is Verdict.INCONCLUSIVE
