"""The administration as a browser meets it: to read, and to change by verbs alone."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from aegis.accounts.models import ADMINISTRATORS, AUDITORS, ApiToken, Team, User
from aegis.accounts.people import set_active, set_registry_role
from aegis.accounts.tokens import authenticate
from aegis.admin import ReadOnlyAdmin, VerbAdmin
from aegis.audit.models import AuditEvent
from imports.models import ImportRight
from registry.models import MetricDefinition, ModelVersion, RegisteredModel
from tests.approvals import making
from tests.cast import PASSWORD, Cast
from tests.recorded import last, recorded

pytestmark = pytest.mark.django_db

REGISTRY = admin.site._registry
READ_ONLY = sorted(
    (model for model, kept in REGISTRY.items() if not isinstance(kept, VerbAdmin)),
    key=lambda model: model._meta.label,
)
KEPT_BY_VERBS = {
    "accounts.User",
    "accounts.Team",
    "accounts.ApiToken",
    "registry.MetricDefinition",
    "imports.ImportRight",
}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(model: Any, page: str, *keys: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=keys)


def rows(client: Client, model: Any) -> set[Any]:
    answer = client.get(url(model, "changelist"))
    assert answer.status_code == 200
    return {row.pk for row in answer.context["cl"].result_list}


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_only_tables_that_keep_the_rule_are_there() -> None:
    assert all(isinstance(kept, ReadOnlyAdmin) for kept in REGISTRY.values())
    verbs = {m._meta.label for m, kept in REGISTRY.items() if isinstance(kept, VerbAdmin)}
    assert verbs == KEPT_BY_VERBS
    labels = {model._meta.label for model in REGISTRY}
    # Forms of Django and allauth that would save without a verb.
    assert labels.isdisjoint({"auth.Group", "account.EmailAddress"})
    assert {"audit.AuditEvent", "approvals.PromotionRequest"} <= labels


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("ada", 200),
        ("otto", 200),
        ("mina", 403),
        ("marc", 403),
        ("rita", 403),
        ("vera", 403),
        ("ci_growth", 302),
        (None, 302),
    ],
)
def test_administrators_and_auditors_come_in(cast: Cast, who: str | None, status: int) -> None:
    client = browser(getattr(cast, who)) if who else Client()
    answer = client.get("/admin/", follow=False)
    if answer.status_code == 302 and who not in {None, "ci_growth"}:
        answer = client.get(answer["Location"])
    assert answer.status_code == status
    if status == 302:
        assert answer["Location"].startswith(("/account/login/", "/admin/login/"))


def test_who_loses_the_role_is_out_at_once(cast: Cast) -> None:
    client = browser(cast.otto)
    assert client.get("/admin/").status_code == 200
    set_registry_role(cast.otto, actor=cast.ada, role=AUDITORS, member=False)
    assert client.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize("who", ["ada", "otto"])
@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model._meta.label)
def test_a_governed_table_is_read_and_nothing_else(cast: Cast, model: Any, who: str) -> None:
    client = browser(getattr(cast, who))
    assert client.get(url(model, "changelist")).status_code == 200
    assert client.get(url(model, "add")).status_code == 403
    assert client.post(url(model, "add"), {}).status_code == 403
    some = model._default_manager.first()
    key = some.pk if some else 1
    assert client.post(url(model, "delete", key), {"post": "yes"}).status_code in {302, 403}
    before = model._default_manager.count()
    chosen = {"action": "delete_selected", "_selected_action": [key], "post": "yes"}
    client.post(url(model, "changelist"), chosen)
    assert model._default_manager.count() == before


@pytest.mark.parametrize("who", ["ada", "otto"])
@pytest.mark.parametrize(
    ("table", "query"),
    [
        (User, "password__startswith=p"),
        (User, "last_login__year=2026"),
        (User, "password=x"),
        (ApiToken, "digest__startswith=0"),
        (ApiToken, "user__password__startswith=p"),
        (AuditEvent, "actor__password__startswith=p"),
        (RegisteredModel, "team__group__user__password__startswith=p"),
    ],
    ids=lambda given: given if isinstance(given, str) else given._meta.label,
)
def test_an_address_filters_by_no_column_that_the_list_does_not_offer(
    cast: Cast, who: str, table: Any, query: str
) -> None:
    client = browser(getattr(cast, who))
    assert client.get(f"{url(table, 'changelist')}?{query}").status_code == 400


@pytest.mark.parametrize("table", list(REGISTRY), ids=lambda model: model._meta.label)
def test_the_filters_that_a_list_offers_work(cast: Cast, table: Any) -> None:
    making.new_model(cast)
    client = browser(cast.otto)
    page = client.get(url(table, "changelist"))
    offered = [
        choice["query_string"]
        for spec in page.context["cl"].filter_specs
        for choice in spec.choices(page.context["cl"])
    ]
    for query in offered:
        assert client.get(f"{url(table, 'changelist')}{query}").status_code == 200, query


def test_a_row_of_each_table_is_shown_with_its_history(cast: Cast) -> None:
    making.production_policy(cast)
    making.staging_policy(cast)
    model = making.new_model(cast)
    version = making.new_version(model, cast.mina)
    making.into_production(version, cast)
    client = browser(cast.otto)
    shown = 0
    for kind in REGISTRY:
        some = kind._default_manager.first()
        if some is None:
            continue
        assert client.get(url(kind, "change", some.pk)).status_code == 200, kind
        assert client.post(url(kind, "change", some.pk), {}).status_code == 403, kind
        assert client.get(url(kind, "history", some.pk)).status_code == 200, kind
        shown += 1
    assert shown >= 10


def test_an_administrator_sees_no_restricted_model_by_that_alone(cast: Cast) -> None:
    making.production_policy(cast)
    making.staging_policy(cast)
    internal = making.new_model(cast, "open-model")
    secret = making.new_model(cast, "secret-model", visibility="restricted")
    versions = {m: making.new_version(m, cast.mina) for m in (internal, secret)}
    requests = {m: making.ask(v, cast.mina) for m, v in versions.items()}
    ada, otto = browser(cast.ada), browser(cast.otto)
    for kind, found in (
        (RegisteredModel, {internal.pk: internal.pk, secret.pk: secret.pk}),
        (ModelVersion, {m.pk: v.pk for m, v in versions.items()}),
        (type(requests[internal]), {m.pk: r.pk for m, r in requests.items()}),
    ):
        assert rows(ada, kind) == {found[internal.pk]}
        assert rows(otto, kind) == set(found.values())
        for page in ("change", "history"):
            assert ada.get(url(kind, page, found[secret.pk])).status_code == 302  # Not there.
            assert otto.get(url(kind, page, found[secret.pk])).status_code == 200
    assert rows(ada, AuditEvent)
    assert not AuditEvent.objects.filter(pk__in=rows(ada, AuditEvent)).exclude(model_id=None)
    assert AuditEvent.objects.filter(pk__in=rows(otto, AuditEvent)).exclude(model_id=None)


def test_the_admin_s_own_log_stays_empty_and_history_is_the_audit_log_s(cast: Cast) -> None:
    client = browser(cast.ada)
    client.post(url(Team, "add"), {"slug": "fraud", "name": "Fraud"})
    team = Team.objects.get(slug="fraud")
    client.post(url(Team, "change", team.pk), {"name": "Fraud and abuse"})
    assert not LogEntry.objects.exists()
    page = client.get(url(Team, "history", team.pk)).content.decode()
    assert "renamed a team" in page
    assert "made a team" in page
    assert "ada" in page


def test_an_administrator_adds_a_person_there(cast: Cast) -> None:
    since = last()
    form = {
        "username": "nora",
        "name": "Nora Berg",
        "email": "nora@corp.example",
        "password": PASSWORD,
        "roles": [AUDITORS],
    }
    answer = browser(cast.ada).post(url(User, "add"), form)
    assert answer.status_code == 302
    nora = User.objects.get(username="nora")
    assert nora.check_password(PASSWORD)
    assert nora.is_auditor
    assert [action for action, *_ in recorded(since)] == ["user:created", "user:role_granted"]
    assert AuditEvent.objects.get(seq=since + 1).actor == cast.ada


def test_a_refusal_stands_beside_what_was_typed(cast: Cast) -> None:
    since, count = last(), User.objects.count()
    form = {"username": "MINA", "name": "Another Mina", "email": "m@corp.example"}
    answer = browser(cast.ada).post(url(User, "add"), {**form, "password": PASSWORD})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "There is an account MINA already" in page
    assert "Another Mina" in page
    assert PASSWORD not in page
    weak = browser(cast.ada).post(url(User, "add"), {**form, "username": "nora", "password": "x"})
    assert "too short" in str(weak.context["adminform"].form.errors["password"])
    assert (last(), User.objects.count()) == (since, count)


def test_a_service_account_is_added_without_password_and_role(cast: Cast) -> None:
    client = browser(cast.ada)
    form = {"username": "robot", "name": "Robot", "is_service": "on"}
    assert client.post(url(User, "add"), {**form, "roles": [ADMINISTRATORS]}).status_code == 200
    assert client.post(url(User, "add"), {**form, "password": PASSWORD}).status_code == 200
    assert not User.objects.filter(username="robot").exists()
    assert client.post(url(User, "add"), form).status_code == 302
    assert User.objects.get(username="robot").is_service


def test_an_account_is_changed_by_its_verbs_in_one_change(cast: Cast) -> None:
    since = last()
    client = browser(cast.ada)
    assert client.get(url(User, "change", cast.stan.pk)).status_code == 200
    form = {
        "name": "Stan K.",
        "email": "stan@corp.example",
        "roles": [AUDITORS],
        "first_account": "vera",
    }
    assert client.post(url(User, "change", cast.stan.pk), form).status_code == 302
    stan = User.objects.get(pk=cast.stan.pk)
    assert (stan.name, stan.is_active, stan.same_person_as) == ("Stan K.", False, cast.vera)
    assert [action for action, *_ in recorded(since)] == [
        "user:edited",
        "user:role_granted",
        "user:joined",
        "user:deactivated",
    ]
    moments = AuditEvent.objects.filter(seq__gt=since).values_list("occurred_at", flat=True)
    assert len(set(moments)) == 1


def test_a_change_that_is_refused_in_part_does_not_happen_at_all(cast: Cast) -> None:
    since = last()
    form = {"name": "Ada O.", "email": "ada@corp.example", "roles": [ADMINISTRATORS]}
    answer = browser(cast.ada).post(url(User, "change", cast.ada.pk), form)  # Not active: locked.
    assert answer.status_code == 200
    assert "Nobody locks their own account" in answer.content.decode()
    cast.ada.refresh_from_db()
    assert cast.ada.name == "Ada Okonkwo"
    assert recorded(since) == []
    wrong = {**form, "is_active": "on", "first_account": "nobody"}
    page = browser(cast.ada).post(url(User, "change", cast.ada.pk), wrong).content.decode()
    assert "There is no account of this user name" in page


def test_accounts_are_locked_and_let_in_from_the_list(cast: Cast) -> None:
    client = browser(cast.ada)
    chosen = {"_selected_action": [cast.vera.pk, cast.ada.pk, cast.stan.pk]}
    answer = client.post(url(User, "changelist"), {"action": "lock", **chosen})
    active = User.objects.filter(pk__in=chosen["_selected_action"], is_active=True)
    assert set(active) == {cast.ada}
    assert sorted(said(answer)) == [
        "Ada Okonkwo: Nobody locks their own account. Another administrator can do it.",
        "Locked: 2.",
    ]
    client.post(url(User, "changelist"), {"action": "let_in", **chosen})
    assert active.all().count() == 3


def test_an_auditor_changes_nothing_there(cast: Cast) -> None:
    client = browser(cast.otto)
    since = last()
    for kind in (User, Team, ApiToken, MetricDefinition):
        assert client.get(url(kind, "changelist")).status_code == 200
        assert client.get(url(kind, "add")).status_code == 403
        assert client.post(url(kind, "add"), {}).status_code == 403
    page = client.get(url(User, "change", cast.mina.pk)).content.decode()
    assert "mina@corp.example" in page
    assert cast.mina.password not in page
    assert client.post(url(User, "change", cast.mina.pk), {"name": "M"}).status_code == 403
    assert client.post(url(Team, "change", cast.growth.pk), {"name": "M"}).status_code == 403
    chosen = {"action": "lock", "_selected_action": [cast.mina.pk]}
    client.post(url(User, "changelist"), chosen)
    assert recorded(since) == []


def test_the_members_of_a_team_are_chosen_there(cast: Cast) -> None:
    client = browser(cast.ada)
    locked = set_active(cast.marc, actor=cast.ada, active=False)
    since = last()
    assert client.get(url(Team, "change", cast.growth.pk)).status_code == 200
    form = {"name": "Growth", "members": [cast.mina.pk, cast.vera.pk]}
    assert client.post(url(Team, "change", cast.growth.pk), form).status_code == 302
    # A locked account cannot be chosen, and is not taken out by that.
    assert set(cast.growth.group.user_set.all()) == {cast.mina, cast.vera, locked}
    assert sorted(recorded(since)) == [
        ("team:member_added", str(cast.growth.pk), {"user": str(cast.vera.pk)}),
        ("team:member_removed", str(cast.growth.pk), {"user": str(cast.ci_growth.pk)}),
    ]
    own = {"name": "Growth", "members": [cast.mina.pk, cast.ada.pk]}
    page = client.post(url(Team, "change", cast.growth.pk), own).content.decode()
    assert "Nobody puts themselves into a team" in page


def test_a_token_of_a_service_account_is_made_and_shown_once(cast: Cast) -> None:
    client = browser(cast.ada)
    form = {"user": cast.ci_growth.pk, "name": "nightly", "scopes": ["read", "write"], "days": 30}
    answer = client.post(url(ApiToken, "add"), form)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    plain = re.search(r"aegis_[\w-]{43}", answer.content.decode())
    assert plain is not None
    token = authenticate(plain[0])
    assert token.user == cast.ci_growth
    for page in ("changelist", "change", "history"):
        keys = () if page == "changelist" else (token.pk,)
        shown = client.get(url(ApiToken, page, *keys)).content.decode()
        assert plain[0] not in shown
        assert token.digest not in shown
    assert client.post(url(ApiToken, "change", token.pk), {"name": "other"}).status_code == 403


def test_no_token_is_made_there_that_works_as_a_person(cast: Cast) -> None:
    form = {"user": cast.mina.pk, "name": "nightly", "scopes": ["read"], "days": 30}
    answer = browser(cast.ada).post(url(ApiToken, "add"), form)
    assert "Select a valid choice" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_tokens_are_revoked_from_the_list(cast: Cast) -> None:
    client = browser(cast.ada)
    form = {"user": cast.ci_growth.pk, "name": "nightly", "scopes": ["read"], "days": 30}
    client.post(url(ApiToken, "add"), form)
    token = ApiToken.objects.get()
    chosen = {"action": "revoke", "_selected_action": [token.pk]}
    browser(cast.otto).post(url(ApiToken, "changelist"), chosen)
    token.refresh_from_db()
    assert token.revoked_at is None
    answer = client.post(url(ApiToken, "changelist"), chosen)
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert said(answer) == ["Revoked: 1."]


def test_metrics_are_defined_there(cast: Cast) -> None:
    client = browser(cast.ada)
    form = {"name": "kappa", "title": "Kappa", "direction": "higher", "ideal": "1"}
    assert client.post(url(MetricDefinition, "add"), form).status_code == 302
    kappa = MetricDefinition.objects.get(name="kappa")
    assert (kappa.direction, kappa.ideal) == ("higher", 1.0)
    assert client.get(url(MetricDefinition, "change", kappa.pk)).status_code == 200
    changed = {"title": "Cohen's kappa", "ideal": "", "direction": "lower", "name": "other"}
    assert client.post(url(MetricDefinition, "change", kappa.pk), changed).status_code == 302
    kappa.refresh_from_db()
    assert (kappa.name, kappa.title, kappa.direction) == ("kappa", "Cohen's kappa", "higher")
    assert kappa.ideal is None
    twice = client.post(url(MetricDefinition, "add"), form)
    assert "defined already" in twice.content.decode()
    for ideal in ("nan", "inf", "many"):
        answer = client.post(
            url(MetricDefinition, "add"), {**form, "name": "other", "ideal": ideal}
        )
        assert answer.status_code == 200
    assert not MetricDefinition.objects.filter(name="other").exists()


def test_a_policy_revision_says_itself_in_a_sentence(cast: Cast) -> None:
    revision = making.production_policy(cast)
    page = browser(cast.ada).get(url(type(revision), "change", revision.pk)).content.decode()
    assert "2 people of Risk team" in page
    assert "model_card" in page


@pytest.mark.parametrize(
    "path",
    [
        "/admin/accounts/user/not-a-key/change/",
        "/admin/accounts/user/?q=%00",
        "/admin/accounts/user/?is_active__exact=perhaps",
        "/admin/accounts/user/?password__startswith=md5",
        "/admin/audit/auditevent/99999999999999999999999/change/",
        "/admin/audit/auditevent/?p=many",
        "/admin/accounts/team/add/?slug=%00",
    ],
)
def test_bad_addresses_are_no_server_errors(cast: Cast, path: str) -> None:
    client = browser(cast.ada)
    client.raise_request_exception = False
    assert client.get(path, follow=True).status_code < 500


def test_an_administrator_gives_a_team_the_right_to_import_and_takes_it_away(
    cast: Cast, settings: Settings
) -> None:
    settings.AEGIS_MLFLOW_TRACKING_URIS = {"growth": "https://mlflow.corp.example"}
    since = last()
    client = browser(cast.ada)
    form = {"team": cast.growth.pk, "place": "mlflow:growth"}
    assert client.post(url(ImportRight, "add"), form).status_code == 302
    right = ImportRight.objects.get()
    assert (right.team, right.source, right.place) == (cast.growth, "mlflow", "growth")
    again = client.post(url(ImportRight, "add"), form)
    assert b"has that right already" in again.content

    chosen = {"action": "withdraw", "_selected_action": [right.pk]}
    browser(cast.otto).post(url(ImportRight, "changelist"), chosen)
    assert ImportRight.objects.exists()
    client.post(url(ImportRight, "changelist"), chosen)
    assert not ImportRight.objects.exists()
    assert [action for action, _, _ in recorded(since)] == [
        "import:right_granted",
        "import:right_withdrawn",
    ]
