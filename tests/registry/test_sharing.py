import pytest
from django.contrib.auth.models import Group

from aegis.accounts.models import User
from aegis.accounts.people import set_active
from aegis.problems import Conflict, Forbidden, Invalid, NotFound
from registry.models import RegisteredModel
from registry.permissions import Role, permissions_of
from registry.sharing import may_share, share, unshare
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry import making


def test_a_maintainer_gives_a_role_and_takes_it_away(cast: Cast, model: RegisteredModel) -> None:
    since = last()

    share(model, actor=cast.marc, role="contributor", user=cast.vera)
    assert permissions_of(cast.vera, model) == {"view", "contribute"}
    unshare(model, actor=cast.marc, role="contributor", user=cast.vera)

    assert permissions_of(cast.vera, model) == {"view"}
    data = {"role": "contributor", "user": str(cast.vera.pk)}
    assert recorded(since) == [
        ("model:shared", str(model.pk), data),
        ("model:unshared", str(model.pk), data),
    ]


def test_a_role_that_is_held_already_changes_nothing(cast: Cast, model: RegisteredModel) -> None:
    share(model, actor=cast.marc, role="viewer", user=cast.vera)
    since = last()

    share(model, actor=cast.marc, role="viewer", user=cast.vera)

    assert recorded(since) == []


def test_taking_one_role_leaves_the_other_whole(cast: Cast, model: RegisteredModel) -> None:
    model = making.edit_model(model, actor=cast.marc, visibility="restricted")
    for role in ("reviewer", "contributor"):
        share(model, actor=cast.marc, role=role, user=cast.vera)

    unshare(model, actor=cast.marc, role="reviewer", user=cast.vera)

    assert permissions_of(cast.vera, model) == {"view", "contribute"}


def test_the_last_maintainer_stays(cast: Cast, model: RegisteredModel) -> None:
    refused(
        Conflict, "last_maintainer", unshare, model, actor=cast.ada, role="maintainer",
        user=cast.marc,
    )  # fmt: skip

    share(model, actor=cast.marc, role="maintainer", user=cast.mina)
    unshare(model, actor=cast.mina, role="maintainer", user=cast.marc)

    assert permissions_of(cast.marc, model) == {"view", "contribute"}


def test_administrators_share_what_they_see(cast: Cast, model: RegisteredModel) -> None:
    share(model, actor=cast.ada, role="viewer", user=cast.vera)
    making.edit_model(model, actor=cast.marc, visibility="restricted")

    refused(
        NotFound, "model_not_found", share, model, actor=cast.ada, role="viewer", user=cast.stan
    )


@pytest.mark.parametrize("who", ["mina", "rita", "vera", "otto", "ci_growth"])
def test_others_do_not_share(cast: Cast, model: RegisteredModel, who: str) -> None:
    actor = getattr(cast, who)

    assert not may_share(actor, model)
    refused(
        Forbidden, "permission_missing", share, model, actor=actor, role="viewer", user=cast.stan
    )


def test_nobody_gives_a_role_to_themselves(cast: Cast, model: RegisteredModel) -> None:
    refused(Forbidden, "own_role", share, model, actor=cast.marc, role="reviewer", user=cast.marc)
    refused(Forbidden, "own_role", share, model, actor=cast.ada, role="maintainer", user=cast.ada)
    growth = cast.growth.group
    refused(Forbidden, "own_role", share, model, actor=cast.marc, role="reviewer", group=growth)


def test_bad_principals_and_roles_are_refused(cast: Cast, model: RegisteredModel) -> None:
    group = Group.objects.create(name="readers")
    both: dict[str, User | Group] = {"user": cast.vera, "group": group}

    refused(Invalid, "principal_missing", share, model, actor=cast.marc, role="viewer")
    refused(Invalid, "principal_missing", share, model, actor=cast.marc, role="viewer", **both)
    refused(Invalid, "role_unknown", share, model, actor=cast.marc, role="owner", user=cast.vera)
    refused(
        Invalid, "service_cannot_review", share, model, actor=cast.marc, role="reviewer",
        user=cast.ci_growth,
    )  # fmt: skip
    refused(
        Conflict, "role_not_held", unshare, model, actor=cast.marc, role="viewer", user=cast.vera
    )


def test_a_locked_account_gets_no_role(cast: Cast, model: RegisteredModel) -> None:
    locked = set_active(cast.vera, actor=cast.ada, active=False)

    refused(
        Conflict, "account_inactive", share, model, actor=cast.marc, role=Role.VIEWER, user=locked
    )
