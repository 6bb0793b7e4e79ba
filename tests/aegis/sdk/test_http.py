"""What the client says, repeats and gives up, against a server that does as it is told."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal
from aegis.sdk import ModelRegistry, Unauthenticated, Unreachable, retries
from aegis.sdk.http import Connection
from aegis.sdk.retries import Patience, retry_after
from tests.aegis.sdk.stub import Asked, Reply, problem, registry
from tests.harness.stack import free_port

TOKEN = "aegis_secret-token"


def in_turn(*replies: Reply) -> Any:
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture
def connect() -> Iterator[Callable[..., Connection]]:
    """Return a function that connects, and close what it made."""
    made: list[Connection] = []

    def connected(url: str, token: str | None = None) -> Connection:
        made.append(Connection(url, token))
        return made[-1]

    yield connected
    for connection in made:
        connection.close()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Invalid),
        (401, Unauthenticated),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (418, Invalid),
    ],
)
def test_a_problem_becomes_the_exception_that_it_is(
    connect: Callable[..., Connection], status: int, kind: type[Refusal]
) -> None:
    said = problem(status, "some_code", "Said.", mend="Do this.", url="/there/", wanted=7)
    with registry(lambda _: said) as stub, pytest.raises(kind) as caught:
        connect(stub.url).get("me/")
    refusal = caught.value
    assert (refusal.code, refusal.sentence, refusal.mend) == (
        "some_code",
        "Said.",
        "Do this.",
    )
    assert (refusal.url, refusal.details) == ("/there/", {"wanted": 7})
    assert len(stub.asked) == 1


def test_what_is_no_answer_of_a_registry_is_said_without_its_words(
    connect: Callable[..., Connection],
) -> None:
    with registry(lambda _: Reply(404, b"<html>SECRET</html>")) as stub:
        with pytest.raises(NotFound) as caught:
            connect(stub.url).get("me/")
        assert "SECRET" not in caught.value.sentence
    with registry(lambda _: Reply(200, b"<html>")) as stub, pytest.raises(Refusal) as other:
        connect(stub.url).get("me/")
    assert other.value.code == "answer_not_json"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_registry_is_asked_again(connect: Callable[..., Connection], status: int) -> None:
    replies = in_turn(Reply(status, {}, {"Retry-After": "0"}), Reply(200, {"ok": True}))
    with registry(replies) as stub:
        assert connect(stub.url).get("me/") == {"ok": True}
        assert len(stub.asked) == 2


def test_a_post_is_repeated_only_under_its_key(connect: Callable[..., Connection]) -> None:
    busy = Reply(503, {}, {"Retry-After": "0"})
    with registry(in_turn(busy, Reply(201, {"id": 1}))) as stub:
        connection = connect(stub.url)
        with pytest.raises(Unreachable):
            connection.send("POST", "models/", {"name": "a"})
        assert len(stub.asked) == 1
    with registry(in_turn(busy, Reply(201, {"id": 1}))) as stub:
        assert connect(stub.url).send("POST", "models/", {"name": "a"}, key="k") == {"id": 1}
        assert [asked.headers["Idempotency-Key"] for asked in stub.asked] == ["k", "k"]
        assert stub.asked[0].body == stub.asked[1].body


def test_an_answer_that_breaks_off_is_asked_again(connect: Callable[..., Connection]) -> None:
    whole = {"long": "x" * 1000}
    with registry(in_turn(Reply(200, whole, cut=100), Reply(200, whole))) as stub:
        assert connect(stub.url).get("me/") == whole


def test_where_nobody_listens_is_said_with_the_address(connect: Callable[..., Connection]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable) as caught:
        connect(url, TOKEN).get("me/")
    assert caught.value.code == "unreachable"
    assert url in caught.value.sentence


def test_the_token_is_sent_and_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with registry(lambda _: Reply(200, {"results": [], "next": None})) as stub:
        with ModelRegistry(stub.url, TOKEN) as there:
            assert there.list_versions("a") == []
        assert stub.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
    shown = [repr(there), str(there), repr(there._connection), caplog.text]
    assert not any(TOKEN in text for text in shown)


def test_the_token_goes_to_no_other_host(connect: Callable[..., Connection]) -> None:
    with registry(lambda _: Reply(200, b"bytes")) as store:
        away = Reply(307, b"", {"Location": f"{store.url}/bucket/package?signature=1"})
        with (
            registry(lambda _: away) as stub,
            connect(stub.url, TOKEN).stream("models/a/versions/1/artifact/", {}) as answer,
        ):
            assert answer.read() == b"bytes"
            assert "Authorization" in stub.asked[0].headers
        assert "Authorization" not in store.asked[0].headers


def test_a_list_is_read_page_by_page(connect: Callable[..., Connection]) -> None:
    def answer(asked: Asked) -> Reply:
        if "cursor=two" in asked.path:
            return Reply(200, {"results": [3], "next": None})
        return Reply(200, {"results": [1, 2], "next": "https://other.example/api/?cursor=two"})

    with registry(answer) as stub:
        assert list(connect(stub.url).pages("models/", q="x")) == [1, 2, 3]
        assert all("q=x" in asked.path for asked in stub.asked)


@pytest.mark.parametrize("url", ["", "aegis", "ftp://a", "http://", "http://me:pass@host"])
def test_what_is_no_address_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(Invalid):
        Connection(url)


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "nön-ascii"])
def test_what_is_no_token_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(Invalid) as caught:
        Connection("http://localhost", token)
    assert token not in str(caught.value)


def test_the_environment_says_address_and_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEGIS_URL", "https://aegis.example/")
    monkeypatch.setenv("AEGIS_TOKEN", TOKEN)
    connection = Connection.configured(None, None)
    connection.close()
    assert (connection.url, connection.token) == ("https://aegis.example", TOKEN)


def test_patience_ends() -> None:
    waited: list[float] = []
    patience = Patience(10.0, sleep=waited.append)
    while patience.wait():
        pass
    assert 5 < sum(waited) <= 10
    assert waited == sorted(waited) or len(waited) > 2


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("", None), ("7", 7.0), ("999999", 120.0), ("soon", None)],
)
def test_a_retry_after_is_read(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert retries.LONGEST_WAIT_ASKED == 120.0
