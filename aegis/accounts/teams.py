"""Teams: who owns registered models, and whose approvals count."""

from collections.abc import Iterable

from django.contrib.auth.models import Group

from aegis.accounts import fields
from aegis.accounts.models import Team, User
from aegis.accounts.permits import require_administrator
from aegis.accounts.registry_roles import lock_roles
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Forbidden, Invalid

GROUP_PREFIX = "team:"
"""The names of the groups of teams begin with it, so that none is taken for a role."""


def get_team(slug: str) -> Team:
    """Return the team of that slug, or raise ``Invalid``."""
    team: Team | None = None if "\0" in slug else Team.objects.filter(slug=slug[:60]).first()
    if team is None:
        raise Invalid("team_unknown", f"There is no team {ascii(slug)[1:61]}.", field="team")
    return team


@verb
def create_team(*, actor: User, slug: str, name: str) -> Team:
    """Make a team without members."""
    lock_roles()
    require_administrator(actor, "make teams")
    return _add(actor, slug, name)


@verb
def rename_team(team: Team, *, actor: User, name: str) -> Team:
    """Change what people call a team; its short name stays."""
    team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    require_administrator(actor, "rename teams")
    new = fields.team_name(name)
    if new != team.name:
        team.name = new
        team.save(update_fields=["name"])
        record("team:renamed", actor=actor, about=team, texts={"name": new})
    return team


@verb
def add_member(team: Team, user: User, *, actor: User) -> None:
    """Put an active account into a team. Nobody does this for themselves."""
    team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    require_administrator(actor, "choose the members of teams")
    if user.groups.filter(pk=team.group_id).exists():
        return
    if user.pk == actor.pk:
        raise Forbidden(
            "own_membership",
            "Nobody puts themselves into a team.",
            mend="Another administrator can do it.",
        )
    if not user.is_active:
        raise Conflict("account_inactive", f"The account of {user} is locked.")
    _join(team, user, actor=actor)


@verb
def remove_member(team: Team, user: User, *, actor: User) -> None:
    """Take somebody out of a team; they may leave by themselves."""
    team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    if user.pk != actor.pk:
        require_administrator(actor, "choose the members of teams")
    if not team.group.user_set.filter(pk=user.pk).exists():
        return
    team.group.user_set.remove(user)
    record("team:member_removed", actor=actor, about=team, data={"user": str(user.pk)})


@verb
def found_team(*, slug: str, name: str, members: Iterable[User]) -> Team:
    """Make the first team of a registry that has none yet, with its members; nobody is asked."""
    lock_roles()
    if Team.objects.exists():
        raise Conflict("team_exists", "There is a team already.")
    team = _add(None, slug, name)
    for user in members:
        _join(team, user, actor=None)
    return team


def _add(actor: User | None, slug: str, name: str) -> Team:
    short, long = fields.slug(slug), fields.team_name(name)
    if Team.objects.filter(slug=short).exists():
        raise Conflict("slug_taken", f"There is a team {short} already.")
    group = Group.objects.create(name=f"{GROUP_PREFIX}{short}")
    team = Team.objects.create(slug=short, name=long, group=group)
    record("team:created", actor=actor, about=team, data={"slug": short}, texts={"name": long})
    return team


def _join(team: Team, user: User, *, actor: User | None) -> None:
    team.group.user_set.add(user)
    record("team:member_added", actor=actor, about=team, data={"user": str(user.pk)})
