import pytest

from aegis.problems import Invalid
from aegis.proof import paths

BRACES = "{path}{0}.bin"


@pytest.mark.parametrize(
    "path",
    [
        "model.joblib",
        "a/b/c.txt",
        ".gitattributes",
        "Modell/caf\u00e9.bin",
        "..x/y",
        "a b/c d",
        "x" * 255,
        "/".join("d" * 32),
        BRACES,
    ],
)
def test_a_good_path_comes_back_unchanged(path: str) -> None:
    assert paths.check_path(path) == path


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", "path_empty"),
        (None, "path_empty"),
        ("/etc/passwd", "path_absolute"),
        ("C:/x", "path_absolute"),
        ("c:x", "path_absolute"),
        ("..", "path_escapes"),
        ("a/../b", "path_escapes"),
        ("../../x", "path_escapes"),
        (".", "path_not_normal"),
        ("a/./b", "path_not_normal"),
        ("a//b", "path_not_normal"),
        ("a/", "path_not_normal"),
        ("a\\b", "path_backslash"),
        ("..\\x", "path_backslash"),
        ("a\0b", "path_control_character"),
        ("a\nb", "path_control_character"),
        ("a\u202eb", "path_control_character"),
        ("a\udcff", "path_control_character"),
        ("cafe\u0301", "path_unicode_form"),
        ("x" * 256, "path_too_long"),
        ("/".join(["y" * 200] * 6), "path_too_long"),
        ("\ufdfa" * 80, "path_too_long"),
        ("/".join("d" * 33), "path_too_deep"),
        ("a /b", "path_not_portable"),
        (" a", "path_not_portable"),
        ("a./b", "path_not_portable"),
        (".aegis/model.sig", "path_reserved"),
        (".AEGIS/x", "path_reserved"),
        (".aegis", "path_reserved"),
    ],
)
def test_a_bad_path_is_refused(path: object, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        paths.check_path(path)
    assert (refusal.value.code, refusal.value.field) == (code, "path")
    refusal.value.sentence.encode("utf-8")
    str(refusal.value.details).encode("utf-8")


def test_a_path_whose_key_would_not_fit_its_column_is_refused() -> None:
    path = "/".join(["\ufdfa" * 60] * 5)
    assert len(path.encode()) <= paths.PATH_BYTES
    with pytest.raises(Invalid) as refusal:
        paths.check_path(path)
    assert refusal.value.code == "path_too_long"


def test_the_paths_of_an_artifact_are_sorted_segment_by_segment() -> None:
    assert paths.check_paths(["b", "a.txt", "a/b", "a/a"]) == ("a/a", "a/b", "a.txt", "b")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([], "no_files"),
        ([f"f{n}" for n in range(10_001)], "too_many_files"),
        (["a", "a"], "path_duplicate"),
        (["a", str(b"a", "ascii")], "path_duplicate"),
        (["README", "readme"], "path_duplicate"),
        (["\uff4b.bin", "k.bin"], "path_duplicate"),
        (["\ufb01x", "fix"], "path_duplicate"),
        (["Data/a", "data/b"], "path_duplicate"),
        (["x/y/Data/a", "x/y/data/b"], "path_duplicate"),
        (["a", "a/b"], "path_conflict"),
        (["a/b/c", "A/B"], "path_conflict"),
        (["ok", "../x"], "path_escapes"),
    ],
)
def test_paths_that_could_meet_are_refused(given: list[str], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        paths.check_paths(given)
    assert refusal.value.code == code


def test_a_generator_of_equal_strings_is_checked_like_a_list() -> None:
    with pytest.raises(Invalid):
        paths.check_paths(path for path in ("a/b", "a/b"))
