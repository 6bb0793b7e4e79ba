"""Which objects can be files: keys that a server of the tests would not keep as they are."""

import pytest

from aegis.settings.import_buckets import ImportBucket
from imports.sources.s3.choosing import Choice, choose
from imports.sources.s3.objects import Listed
from imports.sources.s3.references import Reference


def chosen(*keys: str, **patterns: tuple[str, ...]) -> Choice:
    reference = Reference(ImportBucket("m", "models"), "m", is_folder=True, **patterns)
    return choose(reference, [Listed(key, 1) for key in keys])


@pytest.mark.parametrize(
    "name",
    [
        "a//b",
        "/abs",
        "../b",
        "a/../b",
        "./b",
        "a/",
        "C:/b",
        "a\\b",
        "a\x00b",
        "a\nb",
        "a\u202eb",
        "a\ud800b",
        "b.",
        " b",
        "e\u0301",
        ".aegis/b",
        "a" * 256,
        "a/" * 40 + "b",
    ],
)
def test_a_key_that_is_no_path_is_named_so_that_it_can_be_read(name: str) -> None:
    choice = chosen(f"m/{name}", "m/good")
    assert [one.path for one in choice.taken] == ["good"]
    ((shown, reason),) = choice.unusable
    assert reason
    assert all(ord(character) >= 32 for character in shown)
    shown.encode()
    (notice,) = choice.notices()
    assert notice.refuses
    assert notice.sentence.startswith(shown)


def test_what_patterns_leave_behind_need_be_no_path() -> None:
    choice = chosen("m/a//b", "m/good", exclude=("*//*",))
    assert ([one.path for one in choice.taken], choice.unusable) == (["good"], [])
    assert [(one.path, one.rule) for one in choice.left] == [("a//b", "exclude *//*")]
    assert list(choice.notices()) == []


def test_many_such_keys_are_counted() -> None:
    choice = chosen(*(f"m/a//{number}" for number in range(5)))
    (notice,) = choice.notices()
    assert notice.sentence.startswith("a//0, a//1, a//2 and 2 more files cannot be")


def test_a_folder_marker_that_holds_bytes_is_not_passed_over() -> None:
    reference = Reference(ImportBucket("m", "models"), "m", is_folder=True)
    choice = choose(reference, [Listed("m/a/", 0), Listed("m/", 0), Listed("m/b/", 3)])
    assert [name for name, _ in choice.unusable] == ["b/"]
