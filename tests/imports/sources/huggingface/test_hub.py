import datetime as dt
import hashlib
import time
from collections.abc import Callable
from email.utils import format_datetime
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from aegis.problems import Forbidden, Invalid, NotFound, Refusal, Unavailable
from imports.sources.huggingface.source import HuggingFaceSource
from tests.servers.answering import answering
from tests.servers.hub import TOKEN, Fault, Hub, answer_json, busy, cut, refuse, slow

FILES = {"config.json": b"{}", "model.safetensors": b"weights" * 1000}


def about(**changed: Any) -> Fault:
    return answer_json({"siblings": [], "id": "a/b", "sha": "a" * 40} | changed)


def refusal_of(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def plan(source: HuggingFaceSource, repo: str = "acme/churn", revision: str = "main") -> Refusal:
    return refusal_of(lambda: source.plan({"repo": repo, "revision": revision}))


def test_a_repository_that_is_not_there(hub: Hub, source: HuggingFaceSource) -> None:
    refusal = plan(source)
    assert isinstance(refusal, NotFound)
    assert refusal.code == "hub_repo_not_found"
    assert refusal.sentence == (
        "The hub has no repository acme/churn that is public."
        " The hub says: “Invalid username or password.”"
    )
    assert "HF_TOKEN" in str(refusal.mend)
    with_token = plan(HuggingFaceSource(hub.endpoint, TOKEN))
    assert "that the account of HF_TOKEN may see" in with_token.sentence


def test_a_private_repository_needs_the_token(hub: Hub, source: HuggingFaceSource) -> None:
    hub.repository("acme/churn", dict(FILES)).is_private = True
    assert plan(source).code == "hub_repo_not_found"
    assert HuggingFaceSource(hub.endpoint, TOKEN).plan({"repo": "acme/churn"}).size == 7002
    assert hub.server.asked[-1].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_revision_that_is_not_there(hub: Hub, source: HuggingFaceSource) -> None:
    hub.repository("acme/churn", dict(FILES))
    refusal = plan(source, revision="v9")
    assert isinstance(refusal, NotFound)
    assert refusal.code == "hub_revision_not_found"
    assert "acme/churn has no revision v9. The hub says: “Invalid rev id: v9”" in refusal.sentence
    assert hub.endpoint in str(refusal.mend)


def test_a_gated_repository_is_refused_before_anything_is_imported(
    hub: Hub, source: HuggingFaceSource
) -> None:
    repository = hub.repository("acme/churn", dict(FILES))
    repository.is_gated = True
    for asking in (source, HuggingFaceSource(hub.endpoint, TOKEN)):
        refusal = plan(asking)
        assert isinstance(refusal, Forbidden)
        assert refusal.code == "hub_gated"
        assert "Access to model acme/churn is restricted. Ask its authors." in refusal.sentence
        assert f"{hub.endpoint}/acme/churn" in str(refusal.mend)
    repository.about = {"accepted": True}
    assert HuggingFaceSource(hub.endpoint, TOKEN).plan({"repo": "acme/churn"}).files


@pytest.mark.parametrize("token", ["hf_wrong", "hf_\u00e4", "a b", "x\r\nX-Evil: 1"])
def test_a_token_that_is_none_is_refused_and_not_shown(hub: Hub, token: str) -> None:
    source = HuggingFaceSource(hub.endpoint, token)
    refusal = plan(source)
    assert refusal.code == "hub_login_needed"
    for text in (refusal.in_full, repr(source), repr(source.hub), str(refusal.details)):
        assert token not in text


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("30", 30),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("soon", 60),
        ("", 60),
        ("9" * 400, 86_400),
        ("-5", 60),
    ],
)
def test_a_hub_that_is_busy_says_when_to_come_back(
    hub: Hub, source: HuggingFaceSource, asked: str, seconds: int
) -> None:
    hub.fail("/api/models/", busy(asked))
    refusal = plan(source)
    assert isinstance(refusal, Unavailable)
    assert refusal.code == "hub_busy"
    assert refusal.details["retry_after"] == seconds
    assert f"{seconds:,} seconds" in refusal.sentence


def test_a_hub_that_is_busy_may_name_a_time(hub: Hub, source: HuggingFaceSource) -> None:
    then = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=500)
    hub.fail("/api/models/", busy(format_datetime(then, usegmt=True)))
    assert 400 < plan(source).details["retry_after"] <= 500


def test_the_hubs_own_header_of_its_limits_is_read(hub: Hub, source: HuggingFaceSource) -> None:
    hub.fail("/api/models/", refuse(429, ratelimit='"api";r=0;t=55'))
    assert plan(source).details == {"retry_after": 55}


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (refuse(403, message="Access to this resource is disabled."), Forbidden, "hub_forbidden"),
        (refuse(401), Forbidden, "hub_login_needed"),
        (refuse(400), Invalid, "hub_refused"),
        (refuse(404), NotFound, "hub_repo_not_found"),
        (refuse(302), Invalid, "hub_refused"),
        (refuse(500), Unavailable, "hub_unreachable"),
        (refuse(503, "RepoNotFound"), Unavailable, "hub_unreachable"),
        (answer_json(b"<html>"), Unavailable, "hub_unreachable"),
        (answer_json([]), Unavailable, "hub_unreadable"),
        (answer_json({}), Unavailable, "hub_unreadable"),
        (about(sha="main"), Unavailable, "hub_unreadable"),
        (about(id="../x y"), Unavailable, "hub_unreadable"),
        (about(siblings=[7]), Unavailable, "hub_unreadable"),
        (about(siblings=[{"rfilename": ""}]), Unavailable, "hub_unreadable"),
        (
            about(siblings=[{"rfilename": "a", "lfs": {"sha256": "?"}}]),
            Unavailable,
            "hub_unreadable",
        ),
    ],
)
def test_each_other_answer_has_its_sentence(
    hub: Hub,
    source: HuggingFaceSource,
    fault: Fault,
    kind: type[Refusal],
    code: str,
) -> None:
    hub.fail("/api/models/", fault)
    refusal = plan(source)
    assert isinstance(refusal, kind)
    assert refusal.code == code


def test_what_the_hub_says_is_bounded_and_holds_no_secret(
    hub: Hub, source: HuggingFaceSource
) -> None:
    hub.fail("/api/", refuse(403, message="word " * 500))
    assert len(plan(source).sentence) < 400
    secret = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz01234567"
    hub.fail("/api/", refuse(403, message=f"The token {secret} may not"))
    assert secret not in plan(source).sentence


def test_a_hub_that_is_away(settings: Settings) -> None:
    with answering(lambda request: request.send(200)) as server:
        pass
    settings.AEGIS_EGRESS_ALLOW = frozenset({"127.0.0.1"})
    refusal = plan(HuggingFaceSource(server.url))
    assert isinstance(refusal, Unavailable)
    assert refusal.code == "hub_unreachable"
    assert f"127.0.0.1:{server.port} cannot be reached" in refusal.sentence


def test_a_hub_of_an_inner_network_is_not_asked(hub: Hub, settings: Settings) -> None:
    settings.AEGIS_EGRESS_ALLOW = frozenset()
    refusal = plan(HuggingFaceSource(f"https://127.0.0.1:{hub.server.port}"))
    assert refusal.code == "egress_refused"
    assert hub.server.asked == []


def test_a_commit_is_asked_for_cheaply(hub: Hub, source: HuggingFaceSource) -> None:
    repository = hub.repository("acme/churn", dict(FILES))
    first = repository.references["main"]
    assert source.latest_commit("acme/churn", "main") == first
    second = repository.commit({"config.json": b"{1}"})
    assert source.latest_commit("acme/churn", "main") == second
    assert source.latest_commit("acme/churn", first) == first
    assert all("expand=sha" in asked.path for asked in hub.server.asked)
    assert (
        refusal_of(lambda: source.latest_commit("acme/gone", "main")).code == "hub_repo_not_found"
    )


class Reading:
    """A file of a planned repository, read by the source."""

    def __init__(self, hub: Hub, source: HuggingFaceSource) -> None:
        self.repository = hub.repository("acme/churn", dict(FILES))
        self.source = source

    def read(self, path: str, offset: int = 0) -> bytes:
        plan = self.source.plan({"repo": "acme/churn"})
        file = next(file for file in plan.files if file.path == path)
        with self.source.open(plan, file, offset=offset) as stream:
            return b"".join(iter(lambda: stream.read(1000), b""))


@pytest.fixture
def reading(hub: Hub, source: HuggingFaceSource) -> Reading:
    return Reading(hub, source)


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("offset", [0, 1])
def test_a_file_is_read_from_anywhere(reading: Reading, path: str, offset: int) -> None:
    assert reading.read(path, offset) == FILES[path][offset:]


def test_a_large_file_is_fetched_elsewhere_without_the_token(hub: Hub) -> None:
    reading = Reading(hub, HuggingFaceSource(hub.endpoint, TOKEN))
    assert reading.read("model.safetensors", 6_000) == FILES["model.safetensors"][6_000:]
    assert [asked.headers.get("range") for asked in hub.elsewhere.asked] == ["bytes=6000-"]
    assert "authorization" not in hub.elsewhere.asked[0].headers


def test_a_host_that_ignores_the_range_is_read_over(hub: Hub, reading: Reading) -> None:
    hub.fail(
        "Signature=",
        lambda request: bool(request.send(200, FILES["model.safetensors"])) or True,
    )
    assert reading.read("model.safetensors", 10) == FILES["model.safetensors"][10:]


def test_a_connection_that_is_cut_is_the_hubs_and_the_rest_can_be_asked_for(
    hub: Hub, reading: Reading
) -> None:
    hub.fail("Signature=", cut(2_500))
    refusal = refusal_of(lambda: reading.read("model.safetensors"))
    assert isinstance(refusal, Unavailable)
    assert refusal.code == "hub_unreachable"
    assert "broke off" in refusal.sentence
    assert reading.read("model.safetensors", 2_500) == FILES["model.safetensors"][2_500:]


def test_a_hub_that_is_slow_is_waited_for(hub: Hub, reading: Reading) -> None:
    hub.fail("Signature=", slow(0.5))
    began = time.monotonic()
    assert reading.read("model.safetensors") == FILES["model.safetensors"]
    assert time.monotonic() - began > 0.5


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (busy("7"), "hub_busy"),
        (refuse(404, "EntryNotFound"), "source_changed"),
        (refuse(404), "source_changed"),
        (refuse(401, "GatedRepo"), "hub_gated"),
        (refuse(500), "hub_unreachable"),
        (refuse(206), "hub_unreadable"),
        (refuse(206, content_range="bytes 9-1/7000"), "hub_unreadable"),
        (refuse(200, content_length="7001"), "source_changed"),
        (refuse(206, content_range="bytes 0-1/9"), "source_changed"),
    ],
)
def test_a_file_that_is_not_given(hub: Hub, reading: Reading, fault: Fault, code: str) -> None:
    hub.fail("resolve/", lambda _: False, fault)  # The first is for config.json.
    assert refusal_of(lambda: reading.read("model.safetensors")).code == code


def test_a_small_file_is_held_against_its_git_object(hub: Hub, reading: Reading) -> None:
    file = reading.repository.newest()["config.json"]
    file.announced_sha256 = hashlib.sha1(b"blob 2\0[]", usedforsecurity=False).hexdigest()
    refusal = refusal_of(lambda: reading.read("config.json"))
    assert refusal.code == "source_changed"
    assert "config.json of acme/churn" in refusal.sentence
