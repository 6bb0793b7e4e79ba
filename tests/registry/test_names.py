import pytest

from aegis.problems import Invalid, NotFound
from registry import names
from registry.names import Ref, RefKind


@pytest.mark.parametrize("name", ["a", "churn-predictor", "Flan_T5.small", "0", "9" * 128])
def test_a_good_name_comes_back_unchanged(name: str) -> None:
    assert names.check_model_name(name) == name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name_empty"),
        ("  ", "name_empty"),
        (None, "name_invalid"),
        (12, "name_invalid"),
        ("a" * 129, "name_invalid"),
        (".hidden", "name_invalid"),
        ("-dash", "name_invalid"),
        ("a/b", "name_invalid"),
        ("a b", "name_invalid"),
        (" a", "name_invalid"),
        ("..", "name_invalid"),
        ("caf\u00e9", "name_invalid"),
        ("\uff41bc", "name_invalid"),
        ("a\n", "name_control_character"),
        ("a\0b", "name_control_character"),
        ("a\u202eb", "name_control_character"),
        ("a\ud800", "name_control_character"),
        ("new", "name_reserved"),
        ("New", "name_reserved"),
    ],
)
def test_a_bad_name_is_refused(name: object, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        names.check_model_name(name)
    assert (refusal.value.code, refusal.value.field) == (code, "name")


@pytest.mark.parametrize(
    "label", ["2.1.0", "hf-20251203", "1.0.0+cpu", "2026_03", "v", "vv1", "v1a"]
)
def test_a_good_label_comes_back_unchanged(label: str) -> None:
    assert names.check_label(label) == label


@pytest.mark.parametrize("alias", ["champion", "dev-anna", "exp-1", "Blue_Green"])
def test_a_good_alias_comes_back_unchanged(alias: str) -> None:
    assert names.check_alias(alias) == alias


RESERVED = ["7", "007", "v7", "V12", "none", "None", "Archived", "development", "latest", "LATEST"]


@pytest.mark.parametrize("text", [*RESERVED, "Staging", "production"])
def test_a_label_cannot_read_as_something_else(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        names.check_label(text)
    assert (refusal.value.code, refusal.value.field) == ("label_reserved", "label")


@pytest.mark.parametrize("text", [*RESERVED, "Staging", "production"])
def test_an_alias_cannot_read_as_something_else(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        names.check_alias(text)
    assert (refusal.value.code, refusal.value.field) == ("alias_reserved", "alias")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "alias_empty"),
        ("a.b", "alias_invalid"),
        ("a/b", "alias_invalid"),
        ("-a", "alias_invalid"),
        ("a\0", "alias_control_character"),
        (["a"], "alias_invalid"),
    ],
)
def test_a_bad_alias_is_refused(text: object, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        names.check_alias(text)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("alias", "is_free"),
    [
        ("dev-anna", True),
        ("DEV-Anna", True),
        ("exp-1", True),
        ("dev", False),
        ("development-x", False),
        ("champion", False),
        ("my-dev-x", False),
    ],
)
def test_only_aliases_of_a_free_pattern_are_free(alias: str, is_free: bool) -> None:
    assert names.is_free_alias(alias) is is_free


@pytest.mark.parametrize(
    ("ref", "parsed"),
    [
        ("7", Ref(RefKind.NUMBER, "7", "7", number=7)),
        ("v7", Ref(RefKind.NUMBER, "v7", "v7", number=7)),
        ("V007", Ref(RefKind.NUMBER, "V007", "v007", number=7)),
        ("0", Ref(RefKind.NUMBER, "0", "0", number=0)),
        ("Production", Ref(RefKind.STAGE, "Production", "production", stage="Production")),
        ("sTaGiNg", Ref(RefKind.STAGE, "sTaGiNg", "staging", stage="Staging")),
        ("development", Ref(RefKind.STAGE, "development", "development", stage="None")),
        ("Latest", Ref(RefKind.LATEST, "Latest", "latest")),
        ("Champion", Ref(RefKind.NAME, "Champion", "champion")),
        ("2.1.0", Ref(RefKind.NAME, "2.1.0", "2.1.0")),
        ("v1.0", Ref(RefKind.NAME, "v1.0", "v1.0")),
    ],
)
def test_a_ref_names_a_version(ref: str, parsed: Ref) -> None:
    assert names.parse_ref(ref) == parsed


@pytest.mark.parametrize("ref", ["", "a/b", "a\0", "\uff17", "a" * 129, None, "7\n"])
def test_what_nothing_could_be_named_is_no_ref(ref: object) -> None:
    with pytest.raises(Invalid) as refusal:
        names.parse_ref(ref)
    assert refusal.value.code == "ref_invalid"


@pytest.mark.parametrize("ref", ["2147483648", "v99999999999999999999", "9" * 128])
def test_a_number_that_no_column_holds_is_not_found(ref: str) -> None:
    with pytest.raises(NotFound) as refusal:
        names.parse_ref(ref)
    assert refusal.value.code == "version_not_found"


@pytest.mark.parametrize(
    ("taken", "label"),
    [
        ([], "1.0.0"),
        (["hf-20251203", "1.0", "v1.0.0-rc"], "1.0.0"),
        (["1.0.0"], "1.0.1"),
        (["1.0.9", "1.0.10"], "1.0.11"),
        (["2.1.0", "1.9.9"], "2.1.1"),
        (["01.0.0"], "1.0.0"),
    ],
)
def test_the_next_label_is_the_next_patch(taken: list[str], label: str) -> None:
    assert names.next_label(taken) == label
    assert names.check_label(label) == label
