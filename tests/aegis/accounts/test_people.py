import json
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from aegis.accounts import people
from aegis.accounts.models import ADMINISTRATORS, AUDITORS, User
from aegis.audit.models import AuditEvent
from aegis.problems import Conflict, Forbidden, Invalid
from tests.cast import PASSWORD, Cast
from tests.recorded import last, recorded, refused

pytestmark = pytest.mark.django_db

NORA = {"username": "nora", "name": "Nora Berg", "email": "nora@corp.example", "password": PASSWORD}


def test_an_administrator_adds_a_person(cast: Cast) -> None:
    since = last()
    nora = people.create_person(actor=cast.ada, **NORA, groups=[AUDITORS])
    nora.refresh_from_db()
    assert nora.check_password(PASSWORD)
    assert (nora.is_service, nora.is_superuser, nora.is_staff) == (False, False, True)
    assert nora.is_auditor
    assert recorded(since) == [
        ("user:created", str(nora.pk), {"kind": "person"}),
        ("user:role_granted", str(nora.pk), {"role": AUDITORS}),
    ]
    entry = AuditEvent.objects.get(seq=since + 1)
    assert entry.actor == cast.ada
    assert json.loads(entry.body)["texts"].keys() == {"username", "name", "email"}
    for text in ("nora", "Nora Berg"):
        assert text not in entry.body


def test_only_an_administrator_adds_people(cast: Cast) -> None:
    refusal = refused(
        Forbidden, "administrators_only", people.create_person, actor=cast.marc, **NORA
    )
    assert refusal.mend == "Ask Ada Okonkwo."


def test_nobody_is_needed_for_the_first_account_only(db: None) -> None:
    first = people.create_person(actor=None, **NORA, groups=[ADMINISTRATORS])
    assert first.is_administrator
    second = {**NORA, "username": "second", "email": "second@corp.example"}
    refused(Forbidden, "administrators_only", people.create_person, actor=None, **second)


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("username", "", "text_empty"),
        ("username", "nora@corp.example", "username_form"),
        ("username", "nöra", "username_form"),
        ("username", ".nora", "username_form"),
        ("username", "n" * 65, "text_too_long"),
        ("username", "no\0ra", "text_control_character"),
        ("name", " \t ", "text_empty"),
        ("name", "Nora\nBerg", "text_control_character"),
        ("name", "\u202enora", "text_control_character"),
        ("name", "n" * 151, "text_too_long"),
        ("email", "", "text_empty"),
        ("email", "nora", "email_form"),
        ("email", "nora@corp.example\nBcc: all@corp.example", "text_control_character"),
        ("password", "short", "password_weak"),
        ("password", "password1234", "password_weak"),
        ("password", "nora@corp.example", "password_weak"),
        ("password", "p" * 1025, "password_weak"),
        ("groups", ["superusers"], "role_unknown"),
        ("groups", ["team:growth"], "role_unknown"),
    ],
)
def test_bad_input_is_refused_with_its_field(cast: Cast, part: str, value: Any, code: str) -> None:
    count = User.objects.count()
    refusal = refused(Invalid, code, people.create_person, actor=cast.ada, **{**NORA, part: value})
    assert isinstance(refusal, Invalid)
    assert refusal.field == ("role" if part == "groups" else part)
    assert User.objects.count() == count


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [("username", "MINA", "username_taken"), ("email", "Mina@Corp.Example", "email_taken")],
)
def test_names_and_addresses_that_differ_by_case_are_taken(
    cast: Cast, part: str, value: str, code: str
) -> None:
    refused(Conflict, code, people.create_person, actor=cast.ada, **{**NORA, part: value})


@pytest.mark.parametrize("column", ["username", "email"])
def test_the_database_refuses_a_second_one_too(cast: Cast, column: str) -> None:
    twin = {"username": "twin", "email": "twin@corp.example", "name": "Twin"}
    with pytest.raises(IntegrityError, match="any_case"), transaction.atomic():
        User.objects.create(**{**twin, column: getattr(cast.mina, column).upper()})


def test_accounts_without_an_address_are_as_many_as_you_like(cast: Cast) -> None:
    for number in range(2):
        people.create_service_account(actor=cast.ada, username=f"robot-{number}", name="Robot")
    assert User.objects.filter(email="", is_service=True).count() == 3


def test_a_service_account_has_no_password(cast: Cast) -> None:
    since = last()
    robot = people.create_service_account(actor=cast.ada, username="robot", name="Robot")
    assert not robot.has_usable_password()
    assert recorded(since) == [("user:created", str(robot.pk), {"kind": "service"})]
    refused(
        Forbidden,
        "administrators_only",
        people.create_service_account,
        actor=cast.mina,
        username="other",
        name="Other",
    )


def test_an_account_is_edited_by_an_administrator(cast: Cast) -> None:
    since = last()
    people.edit_person(cast.vera, actor=cast.ada, name="Vera N.", email="VERA.N@corp.example")
    cast.vera.refresh_from_db()
    assert (cast.vera.name, cast.vera.email) == ("Vera N.", "vera.n@corp.example")
    assert recorded(since) == [("user:edited", str(cast.vera.pk), {"changed": ["email", "name"]})]
    people.edit_person(cast.vera, actor=cast.ada, name="Vera N.")
    assert len(recorded(since)) == 1  # Nothing changed, so nothing was done.
    refused(
        Forbidden, "administrators_only", people.edit_person, cast.vera, actor=cast.vera, name="V"
    )
    refused(
        Conflict,
        "email_taken",
        people.edit_person,
        cast.vera,
        actor=cast.ada,
        email="mina@corp.example",
    )


def test_a_locked_account_can_be_let_in_again(cast: Cast) -> None:
    since = last()
    people.set_active(cast.mina, actor=cast.ada, active=False)
    people.set_active(cast.mina, actor=cast.ada, active=False)
    cast.mina.refresh_from_db()
    assert not cast.mina.is_active
    people.set_active(cast.mina, actor=cast.ada, active=True)
    cast.mina.refresh_from_db()
    assert cast.mina.is_active
    assert recorded(since) == [
        ("user:deactivated", str(cast.mina.pk), {}),
        ("user:activated", str(cast.mina.pk), {}),
    ]
    refused(
        Forbidden,
        "administrators_only",
        people.set_active,
        cast.mina,
        actor=cast.otto,
        active=False,
    )


def test_nobody_locks_themselves(cast: Cast) -> None:
    second = people.create_person(actor=cast.ada, **NORA, groups=[ADMINISTRATORS])
    refused(Forbidden, "own_account", people.set_active, cast.ada, actor=cast.ada, active=False)
    people.set_active(cast.ada, actor=second, active=False)
    cast.ada.refresh_from_db()
    assert not cast.ada.is_active


def test_a_locked_administrator_administers_nothing(cast: Cast) -> None:
    second = people.create_person(actor=cast.ada, **NORA, groups=[ADMINISTRATORS])
    people.set_active(second, actor=cast.ada, active=False)
    refused(
        Forbidden,
        "administrators_only",
        people.set_active,
        cast.mina,
        actor=second,  # As it was read before it was locked.
        active=False,
    )


def test_a_role_is_given_and_taken(cast: Cast) -> None:
    since = last()
    user = people.set_registry_role(cast.vera, actor=cast.ada, role=AUDITORS, member=True)
    assert user.is_auditor
    assert user.is_staff
    user = people.set_registry_role(user, actor=cast.ada, role=AUDITORS, member=False)
    assert not user.is_auditor
    assert not user.is_staff
    people.set_registry_role(user, actor=cast.ada, role=AUDITORS, member=False)
    assert recorded(since) == [
        ("user:role_granted", str(user.pk), {"role": AUDITORS}),
        ("user:role_revoked", str(user.pk), {"role": AUDITORS}),
    ]


def test_who_loses_one_of_two_roles_stays_on_the_staff(cast: Cast) -> None:
    user = people.set_registry_role(cast.otto, actor=cast.ada, role=ADMINISTRATORS, member=True)
    user = people.set_registry_role(user, actor=cast.ada, role=AUDITORS, member=False)
    assert (user.is_staff, user.is_administrator, user.is_auditor) == (True, True, False)


def test_nobody_gives_themselves_a_role(cast: Cast) -> None:
    act = people.set_registry_role
    refused(Forbidden, "own_role", act, cast.ada, actor=cast.ada, role=AUDITORS, member=True)


def test_the_last_administrator_stays_one(cast: Cast) -> None:
    act = people.set_registry_role
    role = {"role": ADMINISTRATORS, "member": False}
    refused(Conflict, "last_administrator", act, cast.ada, actor=cast.ada, **role)
    second = people.create_person(actor=cast.ada, **NORA, groups=[ADMINISTRATORS])
    people.set_active(second, actor=cast.ada, active=False)
    refused(Conflict, "last_administrator", act, cast.ada, actor=cast.ada, **role)
    people.set_active(second, actor=cast.ada, active=True)
    act(cast.ada, actor=cast.ada, **role)
    refused(Conflict, "last_administrator", act, second, actor=second, **role)


def test_a_service_account_is_no_administrator_but_may_audit(cast: Cast) -> None:
    act = people.set_registry_role
    refused(
        Conflict,
        "service_account",
        act,
        cast.ci_growth,
        actor=cast.ada,
        role=ADMINISTRATORS,
        member=True,
    )
    assert act(cast.ci_growth, actor=cast.ada, role=AUDITORS, member=True).is_auditor


def test_only_an_administrator_gives_roles_and_only_those_that_exist(cast: Cast) -> None:
    act = people.set_registry_role
    role = {"role": AUDITORS, "member": True}
    refused(Forbidden, "administrators_only", act, cast.vera, actor=cast.otto, **role)
    bad = {"role": "team:growth", "member": True}
    refused(Invalid, "role_unknown", act, cast.vera, actor=cast.ada, **bad)


def test_two_accounts_of_one_person_are_joined_for_ever(cast: Cast) -> None:
    since = last()
    people.join_accounts(cast.stan, actor=cast.ada, first=cast.vera)
    people.join_accounts(cast.stan, actor=cast.ada, first=cast.vera)
    cast.stan.refresh_from_db()
    assert cast.stan.same_person_as == cast.vera
    assert recorded(since) == [("user:joined", str(cast.stan.pk), {"first": str(cast.vera.pk)})]
    # A third account joins the first, by whichever of the two it was named.
    people.join_accounts(cast.remy, actor=cast.ada, first=cast.stan)
    cast.remy.refresh_from_db()
    assert cast.remy.same_person_as == cast.vera
    for user, first in ((cast.vera, cast.rita), (cast.stan, cast.rita), (cast.vera, cast.stan)):
        refused(
            Conflict, "accounts_joined", people.join_accounts, user, actor=cast.ada, first=first
        )
    act = people.join_accounts
    refused(Forbidden, "administrators_only", act, cast.rita, actor=cast.rita, first=cast.vera)
    refused(Conflict, "service_account", act, cast.ci_growth, actor=cast.ada, first=cast.rita)


def test_the_database_refuses_chains_of_accounts(cast: Cast) -> None:
    def join(user: User, first: UUID | None) -> None:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(same_person_as=first)

    join(cast.stan, cast.vera.pk)
    with pytest.raises(IntegrityError, match="names the person's first account"):
        join(cast.remy, cast.stan.pk)
    with pytest.raises(IntegrityError, match="names the person's first account"):
        join(cast.vera, cast.rita.pk)
    with pytest.raises(IntegrityError, match="not taken apart"):
        join(cast.stan, None)


def test_a_new_password_is_recorded_without_its_word(cast: Cast) -> None:
    since = last()
    people.choose_password(cast.vera, password="another-lantern-77")
    cast.vera.refresh_from_db()
    assert cast.vera.check_password("another-lantern-77")
    assert recorded(since) == [("user:password_chosen", str(cast.vera.pk), {})]
    refused(Invalid, "password_weak", people.choose_password, cast.vera, password="vera")


def test_several_administrators_are_named_who_can_help(cast: Cast) -> None:
    for number in range(4):
        more = {
            "username": f"adm{number}",
            "name": f"Adm {number}",
            "email": f"a{number}@c.example",
        }
        people.create_person(actor=cast.ada, **{**NORA, **more}, groups=[ADMINISTRATORS])
        refusal = refused(
            Forbidden, "administrators_only", people.create_person, actor=cast.marc, **NORA
        )
        assert (
            refusal.mend
            == [
                "Ask Ada Okonkwo or Adm 0.",
                "Ask Ada Okonkwo, Adm 0 or Adm 1.",
                "Ask Ada Okonkwo, Adm 0, Adm 1 or another administrator.",
                "Ask Ada Okonkwo, Adm 0, Adm 1 or another administrator.",
            ][number]
        )
