"""The daily look for newer commits: what it learns, whom it tells, when it leaves a hub alone."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from aegis.accounts.teams import remove_member
from aegis.audit.models import AuditEvent
from aegis.events.models import Notification, OutboxEvent
from aegis.events.outbox import dispatch
from approvals.recalling import recall
from imports.hub_origins import NewsState, load_origin, news_of
from imports.hub_watching import LATER, check_due
from imports.models import HubOrigin, RevisionWatch
from imports.sources.huggingface.source import HuggingFaceSource
from registry.models import ModelVersion, RegisteredModel
from tests.cast import Cast
from tests.imports.sources.huggingface.test_importing import imported
from tests.recorded import last, recorded
from tests.registry import making
from tests.servers.answering import answering
from tests.servers.hub import TOKEN, Fault, Hub, answer_json, busy, refuse

pytestmark = pytest.mark.usefixtures("importing")

REPO = "acme/tiny"


def look(*, most: int = 100) -> int:
    """Ask for everything, whether it is due or not."""
    RevisionWatch.objects.update(due_at=timezone.now())
    return check_due(seconds=30, most=most)


def version_of(cast: Cast, hub: Hub, **reference: str) -> ModelVersion:
    making.new_model(cast, "tiny")
    hub.repository(REPO, dict(making.FILES))
    job = imported(cast, REPO, **reference)
    assert (job.state, job.error) == ("done", "")
    return job.made


def state_of(version: ModelVersion) -> NewsState:
    return news_of(load_origin(version)).state


def asked(hub: Hub) -> int:
    """Return how often the hub was asked for a commit alone."""
    return sum("expand=sha" in one.path for one in hub.server.asked)


def tell() -> None:
    while dispatch():
        pass
    assert not OutboxEvent.objects.filter(dispatched_at=None).exists()


def test_a_newer_commit_is_seen_told_once_and_imported_with_the_same_choice(
    cast: Cast, hub: Hub
) -> None:
    version = version_of(cast, hub)
    first = version.provenance.document["pinned"]["commit"]
    assert state_of(version) == NewsState.UNASKED
    assert look() == 1
    assert state_of(version) == NewsState.NEWEST
    assert not AuditEvent.objects.filter(action="version:outdated").exists()

    since = last()
    newer = hub.repository(REPO).commit({**making.FILES, "config.json": b'{"layers": 3}'})
    assert look() == look() == 1
    news = news_of(load_origin(version))
    assert (news.state, news.commit, news.number) == (NewsState.NEWER, newer, None)
    assert news.is_wanted
    data = {"number": 1, "repo": REPO, "commit": first, "newer": newer}
    assert recorded(since) == [("version:outdated", str(version.pk), data)]
    tell()
    (notice,) = Notification.objects.filter(kind="version:outdated")
    assert notice.user == cast.mina
    assert notice.title == "acme/tiny has a newer commit than tiny v1"
    assert notice.url == "/models/tiny/versions/1/#source"

    again = imported(cast, REPO).made
    news = news_of(load_origin(version))
    assert (news.state, news.number, news.is_wanted) == (NewsState.NEWER, again.number, False)
    assert look() == 1
    assert state_of(again) == NewsState.NEWEST
    assert AuditEvent.objects.filter(action="version:outdated").count() == 1


def test_an_importer_who_sees_the_model_no_more_is_not_told(cast: Cast, hub: Hub) -> None:
    version = version_of(cast, hub)
    RegisteredModel.objects.filter(pk=version.registered_model_id).update(visibility="restricted")
    remove_member(cast.growth, cast.mina, actor=cast.ada)
    hub.repository(REPO).commit({"config.json": b"{}"})
    look()
    tell()
    assert AuditEvent.objects.filter(action="version:outdated").exists()
    assert not Notification.objects.filter(kind="version:outdated").exists()


def test_one_question_serves_all_versions_of_a_revision(cast: Cast, hub: Hub) -> None:
    version_of(cast, hub)
    hub.repository(REPO).commit({**making.FILES, "config.json": b"{}"})
    imported(cast, REPO)
    assert HubOrigin.objects.count() == 2
    assert look() == 1
    assert asked(hub) == 1
    assert check_due(seconds=30, most=100) == 0


def test_what_was_asked_for_by_its_commit_is_not_watched(cast: Cast, hub: Hub) -> None:
    commit = hub.repository(REPO).commit(dict(making.FILES))
    making.new_model(cast, "tiny")
    version = imported(cast, REPO, revision=commit).made
    assert state_of(version) == NewsState.PINNED
    assert look() == 0
    assert not RevisionWatch.objects.exists()


def test_nobody_asks_for_what_is_recalled(cast: Cast, hub: Hub) -> None:
    version = version_of(cast, hub)
    recall(version, actor=cast.marc, reason="It leaks.")
    assert look() == 0
    assert asked(hub) == 0


def test_the_token_goes_to_no_hub_but_the_one_of_the_settings(
    cast: Cast, hub: Hub, settings: Settings
) -> None:
    version = version_of(cast, hub)
    before = len(hub.server.asked)
    with answering(answer_json({"sha": "a" * 40})) as other:
        settings.HF_ENDPOINT, settings.HF_TOKEN = other.url, TOKEN
        assert look() == 0
        assert other.asked == []
    assert len(hub.server.asked) == before
    assert state_of(version) == NewsState.ELSEWHERE


@pytest.mark.parametrize(
    ("fault", "code", "days"),
    [
        (refuse(401, "RepoNotFound", "Invalid username or password."), "hub_repo_not_found", 1),
        (refuse(404, "RevisionNotFound"), "hub_revision_not_found", 1),
        (refuse(403, "GatedRepo", "Ask its authors."), "hub_gated", 1),
        (refuse(410), "hub_refused", 1),
        (refuse(302, location="http://10.0.0.1/"), "egress_refused", 1),
        (refuse(302, location="http://169.254.169.254/latest/"), "egress_refused", 1),
        (refuse(500), "hub_unreachable", 0),
        (answer_json(b"<html>"), "hub_unreachable", 0),
        (answer_json(b"[" * 60_000), "hub_unreachable", 0),
        (answer_json(b" " * 70_000), "egress_too_large", 1),
        (answer_json({"sha": "main"}), "hub_unreadable", 0),
        (answer_json({"sha": ["a" * 40]}), "hub_unreadable", 0),
        (answer_json([]), "hub_unreadable", 0),
    ],
)
def test_a_hub_that_refuses_or_answers_nonsense_is_told_and_asked_again_later(
    cast: Cast, hub: Hub, fault: Fault, code: str, days: int
) -> None:
    version = version_of(cast, hub)
    look()
    hub.fail("/api/models", fault)
    assert look() == 1
    watch = RevisionWatch.objects.get()
    assert watch.error_code == code
    assert watch.error
    assert state_of(version) == (NewsState.REFUSED if days else NewsState.FAILING)
    wait = timedelta(days=1) if days else LATER
    assert abs(watch.due_at - timezone.now() - wait) < timedelta(minutes=1)
    assert watch.lease_until is None
    since = watch.failing_since

    hub.fail("/api/models", fault)
    look()
    watch.refresh_from_db()
    assert watch.failing_since == since
    look()
    watch.refresh_from_db()
    assert (watch.error_code, watch.error, watch.failing_since) == ("", "", None)
    assert state_of(version) == NewsState.NEWEST


def test_a_hub_that_asks_for_a_pause_ends_the_round_and_gets_it(cast: Cast, hub: Hub) -> None:
    making.new_model(cast, "tiny")
    for repo in ("acme/one", "acme/two", "acme/three"):
        hub.repository(repo, {"config.json": repo.encode()})
        assert imported(cast, repo).state == "done"
    hub.fail("/api/models", busy("1800"))
    assert look() == 1
    assert asked(hub) == 1
    assert check_due(seconds=30, most=100) == 0
    until = timezone.now() + timedelta(seconds=1790)
    watches = RevisionWatch.objects.all()
    assert all(watch.due_at > until and watch.lease_until is None for watch in watches)
    assert not watches.exclude(error_code="").exists()
    assert look() == 3


def test_a_round_is_bounded_and_gives_a_hub_up_that_is_away(cast: Cast, hub: Hub) -> None:
    making.new_model(cast, "tiny")
    for number in range(5):
        hub.repository(f"acme/n{number}", {"config.json": str(number).encode()})
        assert imported(cast, f"acme/n{number}").state == "done"
    assert look(most=2) == 2
    assert check_due(seconds=0, most=100) == 0
    assert check_due(seconds=30, most=100) == 3
    hub.fail("/api/models", *[refuse(502)] * 5)
    assert look() == 3


@pytest.mark.django_db(transaction=True)
def test_two_rounds_at_once_ask_once(cast: Cast, hub: Hub) -> None:
    version_of(cast, hub)
    hub.repository(REPO).commit({**making.FILES, "config.json": b"{}"})
    barrier = threading.Barrier(2)
    done: list[int] = []

    def go() -> None:
        barrier.wait()
        try:
            done.append(check_due(seconds=30, most=100))
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 1
    assert asked(hub) == 1
    assert AuditEvent.objects.filter(action="version:outdated").count() == 1


def test_a_worker_that_lost_its_hold_writes_nothing(
    cast: Cast, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_of(cast, hub)
    asking: Callable[[HuggingFaceSource, str, str], str] = HuggingFaceSource.latest_commit

    def taken_over(source: HuggingFaceSource, repo: str, revision: str) -> str:
        commit = asking(source, repo, revision)
        RevisionWatch.objects.update(fence=99)
        return commit

    monkeypatch.setattr(HuggingFaceSource, "latest_commit", taken_over)
    assert look() == 1
    assert RevisionWatch.objects.get().commit == ""
