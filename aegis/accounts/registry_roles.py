"""The two roles across the registry: groups, and what their members see in the admin.

Roles of one registered model are not among them: nothing here lets anybody read a
restricted model or decide.
"""

from typing import Final

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from aegis.accounts.models import ADMINISTRATORS, AUDITORS, User
from aegis.problems import Invalid

REGISTRY_ROLES: Final = (ADMINISTRATORS, AUDITORS)
READ_BY_BOTH: Final = ("accounts", "audit", "registry", "approvals", "imports")
"""The apps whose tables both roles find in the admin; rows keep their own rule of visibility."""
PRIVATE: Final = (
    ("accounts", "idempotencykey"),
    ("registry", "carddraft"),
    ("registry", "upload"),
    ("registry", "uploadfile"),
)
ADMINISTERED: Final = (
    ("accounts", "user"),
    ("accounts", "team"),
    ("accounts", "apitoken"),
    ("registry", "metricdefinition"),
    ("imports", "importright"),
)
"""What administrators add and change there, by the verbs of the admin's forms."""


def lock_roles() -> Group:
    """Lock the administrators' group until the transaction ends, and return it.

    Every verb about people and their roles begins with it, so that checks such as
    "not the last administrator" and "nobody has this name" hold until the commit.

    Accounts are locked with ``no_key``: the audit log refers to its actors, and whoever
    appends to it must never wait for somebody who waits to append.
    """
    Group.objects.get_or_create(name=ADMINISTRATORS)
    return Group.objects.select_for_update(no_key=True).get(name=ADMINISTRATORS)


def role_group(role: str) -> Group:
    """Return the group of a role across the registry, or refuse the word."""
    if role not in REGISTRY_ROLES:
        sentence = f"There is no role {role[:40]!r}; there are {' and '.join(REGISTRY_ROLES)}."
        raise Invalid("role_unknown", sentence, field="role")
    return Group.objects.get_or_create(name=role)[0]


def put(user: User, role: str, *, member: bool) -> None:
    """Put ``user`` into the group of ``role`` or out of it; both roles may open the admin."""
    group = role_group(role)
    (user.groups.add if member else user.groups.remove)(group)
    user.__dict__.pop("_group_names", None)
    user.is_staff = not user.group_names.isdisjoint(REGISTRY_ROLES)
    user.save(update_fields=["is_staff"])


def set_up_roles() -> None:
    """Make the groups and give them exactly the permissions that this release means."""
    readable = _permissions_to("view", READ_BY_BOTH)
    role_group(AUDITORS).permissions.set(readable)
    changeable = Q(pk__in=[])
    for app, model in ADMINISTERED:
        changeable |= Q(
            content_type__app_label=app, codename__in=[f"add_{model}", f"change_{model}"]
        )
    role_group(ADMINISTRATORS).permissions.set([*readable, *Permission.objects.filter(changeable)])


def _permissions_to(act: str, apps: tuple[str, ...]) -> list[Permission]:
    private = Q(pk__in=[])
    for app, model in PRIVATE:
        private |= Q(content_type__app_label=app, content_type__model=model)
    found = Permission.objects.filter(
        content_type__app_label__in=apps, codename__startswith=f"{act}_"
    ).exclude(private)
    return list(found)
