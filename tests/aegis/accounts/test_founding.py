"""The first start of an empty registry, and the commands around it."""

import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from aegis.accounts.founding import found
from aegis.accounts.models import ADMINISTRATORS, AUDITORS, ApiToken, Team, User
from aegis.accounts.tokens import authenticate
from approvals.models import PolicyRevision
from registry.models import MetricDefinition
from tests.cast import PASSWORD
from tests.recorded import last, recorded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_registry(settings: Settings) -> None:
    settings.AEGIS_DEMO = False
    settings.AEGIS_ADMIN_TOKEN = None


def run(name: str, *arguments: str) -> dict[str, Any]:
    output = io.StringIO()
    call_command(name, *arguments, stdout=output)
    answer: dict[str, Any] = json.loads(output.getvalue())
    return answer


def test_the_first_start_adds_one_administrator_and_tells_the_password_once() -> None:
    answer = run("first_start")
    [person] = answer["people"]
    admin = User.objects.get()
    assert admin.is_administrator
    assert admin.check_password(person["password"])
    assert person == {
        "username": "admin",
        "name": "Administrator",
        "role": "administrator",
        "password": person["password"],
    }
    assert answer["notes"] == []
    assert PolicyRevision.objects.count() == 2
    assert MetricDefinition.objects.filter(name="accuracy").exists()
    assert list(Team.objects.get().group.user_set.all()) == [admin]


def test_every_later_start_changes_nothing_and_tells_nothing() -> None:
    run("first_start")
    since = last()
    assert run("first_start") == {"people": [], "notes": []}
    assert recorded(since) == []


def test_passwords_are_random() -> None:
    [first] = run("first_start")["people"]
    assert len(first["password"]) >= 20


def test_the_settings_token_works_from_the_first_start(settings: Settings) -> None:
    settings.AEGIS_ADMIN_TOKEN = "f" * 64
    assert run("first_start")["notes"] == []
    run("first_start")
    token = authenticate("f" * 64)
    assert token.user.username == "admin"
    assert token.scopes == ["read", "write", "admin"]
    assert ApiToken.objects.count() == 1


def test_a_short_settings_token_is_taken_with_a_warning(settings: Settings) -> None:
    settings.AEGIS_ADMIN_TOKEN = "aegis_for-scripts"
    assert "short" in run("first_start")["notes"][0]
    assert authenticate("aegis_for-scripts").user.username == "admin"


def test_a_settings_token_that_cannot_be_sent_stops_the_start(settings: Settings) -> None:
    settings.AEGIS_ADMIN_TOKEN = "with a space"
    with pytest.raises(CommandError, match="8 to 200 ASCII characters"):
        run("first_start")


def test_the_sample_is_for_a_registry_without_people() -> None:
    assert found(demo=True)
    assert found(demo=False)  # It was decided at the first start.


def test_a_registry_of_real_people_never_gets_the_sample() -> None:
    run("first_start")
    assert not found(demo=True)


def test_a_registry_with_people_that_nobody_founded_gets_no_sample() -> None:
    run("create_administrator", "nora", "--name", "Nora", "--email", "nora@corp.example")
    assert not found(demo=True)


def test_the_two_roles_see_tables_and_change_little() -> None:
    found(demo=False)

    def held(role: str) -> set[str]:
        pairs = Group.objects.get(name=role).permissions.values_list(
            "content_type__app_label", "codename"
        )
        return {f"{app}.{codename}" for app, codename in pairs}

    changes = {
        f"{app}.{act}_{model}"
        for act in ("add", "change")
        for app, model in (
            ("accounts", "user"),
            ("accounts", "team"),
            ("accounts", "apitoken"),
            ("registry", "metricdefinition"),
            ("imports", "importright"),
        )
    }
    assert held(ADMINISTRATORS) - held(AUDITORS) == changes
    assert all(name.split(".")[1].startswith("view_") for name in held(AUDITORS))
    assert {"audit.view_auditevent", "registry.view_modelversion"} <= held(AUDITORS)
    assert "registry.view_carddraft" not in held(AUDITORS)


def test_roles_lose_what_this_release_does_not_give_them() -> None:
    found(demo=False)
    group = Group.objects.get(name=AUDITORS)
    extra = Group.objects.get(name=ADMINISTRATORS).permissions.get(codename="change_user")
    group.permissions.add(extra)
    found(demo=False)
    assert not group.permissions.filter(pk=extra.pk).exists()


def test_an_operator_adds_an_administrator_at_any_time() -> None:
    run("first_start")
    since = last()
    answer = run("create_administrator", "nora", "--name", "Nora", "--email", "nora@corp.example")
    nora = User.objects.get(username="nora")
    assert nora.is_administrator
    assert nora.check_password(answer["password"])
    assert [(action, data) for action, _, data in recorded(since)] == [
        ("user:created", {"kind": "person"}),
        ("user:role_granted", {"role": ADMINISTRATORS}),
    ]


def test_a_given_password_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    name = ("nora", "--name", "Nora", "--email", "nora@corp.example")
    answer = run("create_administrator", *name, "--password-stdin")
    assert answer == {"username": "nora", "password": None}
    assert User.objects.get(username="nora").check_password(PASSWORD)


def test_bad_input_of_an_operator_gets_a_sentence() -> None:
    name = ("nora", "--name", "Nora", "--email", "nora@corp.example")
    run("create_administrator", *name)
    with pytest.raises(CommandError, match="There is an account nora already"):
        run("create_administrator", *name)
    with pytest.raises(CommandError, match="no e-mail address"):
        run("create_administrator", "otto", "--name", "Otto", "--email", "otto")


def test_nobody_becomes_a_superuser() -> None:
    with pytest.raises(CommandError, match="create_administrator"):
        call_command("createsuperuser")
