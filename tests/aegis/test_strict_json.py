import math
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from aegis import strict_json
from aegis.problems import Invalid


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (b'{"a": NaN}', "json_number_not_finite", "/a"),
        (b'{"a": [1, -Infinity]}', "json_number_not_finite", "/a/1"),
        (b'{"a": {"b/c": Infinity}}', "json_number_not_finite", "/a/b~1c"),
        (b'{"a~b": 1e999}', "json_number_not_finite", "/a~0b"),
        (b"[-1e999]", "json_number_not_finite", "/0"),
        (b'{"a": {"b": 1, "b": 2}}', "json_duplicate_key", "/a/b"),
        (b'[{"x": 1}, {"x": 1, "x": 1}]', "json_duplicate_key", "/1/x"),
        (b'{"a": "x\\u0000y"}', "json_nul", "/a"),
        (b'{"a\\u0000": 1}', "json_nul", "/a\0"),
        (b'{"a": "\\ud800"}', "json_surrogate", "/a"),
        (b'{"\\udc00": 1}', "json_surrogate", "/?"),
        (b'{"n": 9007199254740993}', "json_number_too_large", "/n"),
        (b'{"n": 1000000000000000000000}', "json_number_too_large", "/n"),
        (b'{"n": ' + b"9" * 5000 + b"}", "json_number_too_large", "/n"),
        (b"NaN", "json_number_not_finite", ""),
    ],
)
def test_json_that_has_two_meanings_is_refused_with_its_place(
    text: bytes, code: str, place: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        strict_json.loads(text)
    assert refusal.value.code == code
    assert refusal.value.details["pointer"] == place
    refusal.value.sentence.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "json_malformed"),
        (b"{", "json_malformed"),
        (b"hello", "json_malformed"),
        (b'{"a": 1} {"b": 2}', "json_malformed"),
        (b"{'a': 1}", "json_malformed"),
        (b'"\xff"', "json_not_utf8"),
        (b"\xef\xbb\xbf{}", "json_malformed"),
        (b"[" * 70 + b"]" * 70, "json_too_deep"),
        (b"[" * 100_000, "json_too_deep"),
        (b'{"a":' * 100_000, "json_too_deep"),
    ],
)
def test_what_is_no_json_is_refused(text: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        strict_json.loads(text)
    assert refusal.value.code == code


def test_a_large_integer_is_read_where_a_double_holds_it() -> None:
    assert strict_json.loads(b"[9007199254740991, 9007199254740992, -90071992547409950]") == [
        2**53 - 1,
        float(2**53),
        -9.007199254740995e16,
    ]


def test_more_bytes_than_the_limit_are_not_read() -> None:
    assert strict_json.loads(b"[1,2]", limit=5) == [1, 2]
    with pytest.raises(Invalid) as refusal:
        strict_json.loads(b"[1, 2]", limit=5)
    assert refusal.value.code == "json_too_large"


def test_a_value_that_was_parsed_elsewhere_can_be_checked() -> None:
    strict_json.check({"a": [1, 2.5, None, True, "x"]})
    with pytest.raises(Invalid) as refusal:
        strict_json.check({"a": [math.nan]})
    assert refusal.value.details["pointer"] == "/a/0"


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-strict_json.LARGEST_INTEGER, strict_json.LARGEST_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(_VALUES)
def test_what_is_read_can_always_be_written_in_canonical_form(value: Any) -> None:
    canonical = rfc8785.dumps(value)
    assert rfc8785.dumps(strict_json.loads(canonical)) == canonical
