from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from guardian.shortcuts import get_perms

from aegis.accounts.models import User
from aegis.accounts.people import create_person, set_active
from aegis.problems import Forbidden, NotFound
from registry.models import RegisteredModel
from registry.permissions import (
    CONTRIBUTE,
    MAINTAIN,
    PERMISSIONS,
    REVIEW,
    VIEW,
    Role,
    codename,
    may,
    people_who_may,
    permissions_of,
    require,
    roles_of,
    roles_within,
    who_can,
)
from registry.sharing import share
from tests.cast import PASSWORD, Cast
from tests.registry import making

NOTHING: frozenset[str] = frozenset()
TEAM = frozenset({VIEW, CONTRIBUTE})
MAINTAINER = TEAM | {MAINTAIN}
REVIEWER = frozenset({VIEW, REVIEW})
EVERYTHING = MAINTAINER | REVIEWER

# Who may do what with a model of growth that marc registered and shared with the risk team.
INTERNAL = {
    "ada": {VIEW},
    "otto": {VIEW},
    "mina": TEAM,
    "marc": MAINTAINER,
    "rita": REVIEWER,
    "remy": REVIEWER,
    "vera": {VIEW},
    "stan": {VIEW},
    "ci_growth": TEAM,
}
RESTRICTED = {**INTERNAL, "ada": NOTHING, "vera": NOTHING, "stan": NOTHING}


@pytest.fixture(params=["internal", "restricted"])
def shared(cast: Cast, request: pytest.FixtureRequest) -> RegisteredModel:
    return making.new_model(cast, visibility=request.param)


def test_each_person_may_what_the_table_says(cast: Cast, shared: RegisteredModel) -> None:
    table = INTERNAL if shared.visibility == "internal" else RESTRICTED

    for name, expected in table.items():
        user = User.objects.get(pk=getattr(cast, name).pk)
        assert permissions_of(user, shared) == expected, name
        for short in (VIEW, CONTRIBUTE, REVIEW, MAINTAIN):
            assert may(user, short, shared) == (short in expected), (name, short)


@pytest.fixture
def everybody(cast: Cast) -> list[User]:
    """The cast, and somebody for each further way to come by a permission or to lose all."""
    models = [
        making.new_model(cast, visibility, visibility=visibility)
        for visibility in ("internal", "restricted")
    ]
    readers = Group.objects.create(name="readers")
    for role in Role:
        alone = create_person(
            actor=cast.ada,
            username=f"{role}-alone",
            name=role,
            email=f"{role}@corp.example",
            password=PASSWORD,
        )
        group = Group.objects.create(name=f"{role}-group")
        for model in models:
            share(model, actor=cast.marc, role=role, user=alone)
            share(model, actor=cast.marc, role=role, group=group)
        cast.ci_growth.groups.add(group)
        cast.otto.groups.add(group)
    for model in models:
        share(model, actor=cast.marc, role=Role.VIEWER, group=readers)
    cast.stan.groups.add(readers)
    set_active(cast.remy, actor=cast.ada, active=False)
    making.new_model(cast, "fresh", visibility="restricted")
    return list(User.objects.all())


def test_the_prepared_answer_is_that_of_guardian_and_of_the_lists(
    everybody: list[User], django_assert_num_queries: Any
) -> None:
    answers = set()
    for user in everybody:
        assert user.group_names is not None
        for model in RegisteredModel.objects.all():
            with django_assert_num_queries(1 if user.is_active else 0):
                held = permissions_of(user, model)
            assert held == by_guardian(user, model) == by_lists(user, model), (user, model)
            answers.add(held)
    assert answers == {NOTHING, frozenset({VIEW}), TEAM, REVIEWER, MAINTAINER, EVERYTHING}


def by_guardian(user: User, model: RegisteredModel) -> frozenset[str]:
    """Return what guardian, the team and the rules for all give, as the design states it."""
    held = {name.removesuffix("_registeredmodel") for name in get_perms(user, model)}
    if user.groups.filter(team=model.team).exists():
        held |= TEAM
    if user.is_service:
        held -= {REVIEW}
    sees = model.visibility == "internal" or user.is_auditor or VIEW in held
    return frozenset(held | {VIEW}) if sees and user.is_active else NOTHING


def by_lists(user: User, model: RegisteredModel) -> frozenset[str]:
    """Return the permissions for which the querysets list ``model``."""
    if not RegisteredModel.objects.visible_to(user).filter(pk=model.pk).exists():
        return NOTHING
    granted = {
        short
        for short in (CONTRIBUTE, REVIEW, MAINTAIN)
        if RegisteredModel.objects.granted_to(user, codename(short)).filter(pk=model.pk).exists()
    }
    return frozenset(granted | {VIEW})


def test_the_list_of_people_is_the_answer_for_each_person(
    cast: Cast, shared: RegisteredModel
) -> None:
    for short in (VIEW, CONTRIBUTE, REVIEW, MAINTAIN):
        assert set(people_who_may(short, shared)) == {
            user for user in User.objects.all() if may(user, short, shared)
        }


def test_what_a_list_shows_is_what_may_be_opened(cast: Cast, shared: RegisteredModel) -> None:
    for user in [*User.objects.all(), AnonymousUser()]:
        listed = set(RegisteredModel.objects.visible_to(user))
        assert listed == {
            model for model in RegisteredModel.objects.all() if may(user, VIEW, model)
        }


def test_anonymous_and_locked_accounts_may_nothing(cast: Cast, shared: RegisteredModel) -> None:
    locked = set_active(cast.mina, actor=cast.ada, active=False)

    assert permissions_of(locked, shared) == NOTHING
    assert permissions_of(AnonymousUser(), shared) == NOTHING
    assert cast.mina not in people_who_may(VIEW, shared)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("how", ["user", "group"])
def test_a_role_gives_exactly_its_permissions(
    cast: Cast, role: Role, how: str, reload: Callable[[User], User]
) -> None:
    model = making.new_model(cast, visibility="restricted")
    if how == "user":
        share(model, actor=cast.marc, role=role, user=cast.vera)
    else:
        cast.vera.groups.add(group := Group.objects.create(name="readers"))
        share(model, actor=cast.marc, role=role, group=group)

    assert permissions_of(reload(cast.vera), model) == PERMISSIONS[role]


def test_a_service_account_never_reviews(cast: Cast, reload: Callable[[User], User]) -> None:
    model = making.new_model(cast)
    cast.ci_growth.groups.add(cast.risk_team.group)

    assert REVIEW not in permissions_of(reload(cast.ci_growth), model)
    assert cast.ci_growth not in people_who_may(REVIEW, model)


def test_a_refusal_names_who_may(cast: Cast) -> None:
    model = making.new_model(cast)

    with pytest.raises(Forbidden) as caught:
        require(cast.vera, REVIEW, model)

    assert caught.value.code == "permission_missing"
    assert caught.value.mend == "Remy Thibault, Rita Sandoval may decide about its promotions."
    require(cast.rita, REVIEW, model)


def test_a_refusal_says_so_where_nobody_may(cast: Cast) -> None:
    model = making.register_model(actor=cast.mina, name="fresh", team=cast.growth)

    assert who_can(REVIEW, model).startswith("Nobody may decide")


def test_what_may_not_be_seen_is_not_found_whatever_was_asked(cast: Cast) -> None:
    model = making.new_model(cast, visibility="restricted")

    for short in (VIEW, CONTRIBUTE, REVIEW, MAINTAIN):
        with pytest.raises(NotFound) as caught:
            require(cast.stan, short, model)
        assert caught.value.code == "model_not_found"


def test_roles_are_listed_with_where_they_come_from(cast: Cast) -> None:
    model = making.new_model(cast)

    listed = [(str(found.principal), found.role, found.how) for found in roles_of(model)]

    assert listed == [
        ("Growth", Role.CONTRIBUTOR, "team"),
        ("Marc Delacroix", Role.MAINTAINER, "shared"),
        ("team:risk-team", Role.REVIEWER, "shared"),
        ("None", Role.VIEWER, "internal"),
        ("auditors", Role.VIEWER, "auditor"),
    ]


@pytest.mark.parametrize(
    ("held", "roles"),
    [
        (NOTHING, []),
        ({VIEW}, [Role.VIEWER]),
        (TEAM, [Role.CONTRIBUTOR]),
        (REVIEWER, [Role.REVIEWER]),
        (REVIEWER | TEAM, [Role.REVIEWER, Role.CONTRIBUTOR]),
        (MAINTAINER, [Role.MAINTAINER]),
        (MAINTAINER | REVIEWER, [Role.MAINTAINER, Role.REVIEWER]),
        ({REVIEW}, []),
    ],
)
def test_permissions_read_as_the_fewest_roles(held: set[str], roles: list[Role]) -> None:
    assert roles_within(frozenset(held)) == roles


@pytest.fixture
def reload() -> Callable[[User], User]:
    """Return a function that reads a user again, since an instance remembers its groups."""
    return lambda user: User.objects.get(pk=user.pk)
