"""Sharing a registered model: roles for people and groups, given and taken away."""

from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Forbidden, Invalid
from registry.locks import lock_model
from registry.models import (
    RegisteredModel,
    RegisteredModelGroupPermission,
    RegisteredModelUserPermission,
)
from registry.permissions import (
    MAINTAIN,
    PERMISSIONS,
    VIEW,
    Role,
    codename,
    lacking,
    model_not_found,
    permissions_of,
    roles_within,
)


@verb
def share(
    model: RegisteredModel,
    *,
    actor: User,
    role: str,
    user: User | None = None,
    group: Group | None = None,
) -> RegisteredModel:
    """Give ``user`` or ``group`` a role on ``model``; one that they hold changes nothing."""
    model = lock_model(model.pk)
    _permit(actor, model)
    wanted = _role(role)
    principal = _principal(user, group)
    _guard_own_role(actor, principal, wanted)
    if isinstance(principal, User) and not principal.is_active:
        raise Conflict("account_inactive", f"The account of {principal} is not active.")
    if isinstance(principal, User) and principal.is_service and wanted is Role.REVIEWER:
        raise Invalid("service_cannot_review", "A service account never decides.", field="user")
    if wanted in roles_within(_held(model, principal)):
        return model
    give(model, wanted, user=user, group=group)
    _record("model:shared", actor, model, wanted, principal)
    return model


@verb
def unshare(
    model: RegisteredModel,
    *,
    actor: User,
    role: str,
    user: User | None = None,
    group: Group | None = None,
) -> RegisteredModel:
    """Take a role on ``model`` from ``user`` or ``group``; the last maintainer stays."""
    model = lock_model(model.pk)
    _permit(actor, model)
    unwanted = _role(role)
    principal = _principal(user, group)
    held = roles_within(_held(model, principal))
    if unwanted not in held:
        raise Conflict(
            "role_not_held", f"{principal} does not hold the role {unwanted} by sharing."
        )
    kept: frozenset[str] = frozenset()
    for other in held:
        kept |= PERMISSIONS[other] if other is not unwanted else frozenset()
    rows = _rows(model, principal)
    if unwanted is Role.MAINTAINER and _is_last_maintainer(model, principal):
        raise Conflict(
            "last_maintainer",
            f"{principal} is the only maintainer of {model.name}.",
            mend="Make somebody else a maintainer first.",
        )
    rows.exclude(permission__codename__in=[codename(short) for short in kept]).delete()
    _record("model:unshared", actor, model, unwanted, principal)
    return model


def give(
    model: RegisteredModel, role: Role, *, user: User | None = None, group: Group | None = None
) -> None:
    """Add the permissions of ``role``, inside a verb that has permitted it."""
    principal = _principal(user, group)
    names = [codename(short) for short in PERMISSIONS[role]]
    permissions = Permission.objects.filter(content_type__app_label="registry", codename__in=names)
    rows = _rows(model, principal)
    held = set(rows.values_list("permission", flat=True))
    for permission in permissions:
        if permission.pk not in held:
            _add(model, principal, permission)


def may_share(user: User, model: RegisteredModel) -> bool:
    """Say whether ``user`` may give roles on ``model``: its maintainers, and administrators."""
    held = permissions_of(user, model)
    return MAINTAIN in held or (VIEW in held and user.is_administrator)


def _permit(actor: User, model: RegisteredModel) -> None:
    if VIEW not in permissions_of(actor, model):
        raise model_not_found(model.name)
    if not may_share(actor, model):
        raise lacking(MAINTAIN, model)


def _guard_own_role(actor: User, principal: User | Group, role: Role) -> None:
    """Refuse that somebody widens their own rights, by their account or by a group of theirs."""
    own = principal == actor or (
        isinstance(principal, Group)
        and role is Role.REVIEWER
        and actor.groups.filter(pk=principal.pk).exists()
    )
    if own:
        raise Forbidden(
            "own_role",
            "Nobody gives a role to themselves.",
            mend="Another maintainer or an administrator can.",
        )


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError as error:
        listed = ", ".join(Role)
        code = "role_unknown"
        raise Invalid(code, f"The roles are {listed}.", field="role") from error


def _principal(user: User | None, group: Group | None) -> User | Group:
    principal = user or group
    if principal is None or (user and group):
        raise Invalid("principal_missing", "Name one person or one group.", field="user")
    return principal


def _add(model: RegisteredModel, principal: User | Group, permission: Permission) -> None:
    if isinstance(principal, User):
        RegisteredModelUserPermission.objects.create(
            content_object=model, permission=permission, user=principal
        )
    else:
        RegisteredModelGroupPermission.objects.create(
            content_object=model, permission=permission, group=principal
        )


def _rows(
    model: RegisteredModel, principal: User | Group
) -> QuerySet[RegisteredModelUserPermission | RegisteredModelGroupPermission]:
    if isinstance(principal, User):
        return RegisteredModelUserPermission.objects.filter(content_object=model, user=principal)
    return RegisteredModelGroupPermission.objects.filter(content_object=model, group=principal)


def _held(model: RegisteredModel, principal: User | Group) -> frozenset[str]:
    names = _rows(model, principal).values_list("permission__codename", flat=True)
    return frozenset(name.removesuffix("_registeredmodel") for name in names)


def _is_last_maintainer(model: RegisteredModel, principal: User | Group) -> bool:
    rule = {"content_object": model, "permission__codename": codename(MAINTAIN)}
    users = RegisteredModelUserPermission.objects.filter(**rule)
    groups = RegisteredModelGroupPermission.objects.filter(**rule)
    if isinstance(principal, User):
        users = users.exclude(user=principal)
    else:
        groups = groups.exclude(group=principal)
    return not (users.exists() or groups.exists())


def _record(
    action: str, actor: User, model: RegisteredModel, role: Role, principal: User | Group
) -> None:
    kind = "user" if isinstance(principal, User) else "group"
    record(
        action,
        actor=actor,
        about=model,
        model_id=model.pk,
        data={"role": str(role), kind: str(principal.pk)},
    )
