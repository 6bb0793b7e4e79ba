"""Accounts of people and of automation: made, edited, locked, never removed."""

from collections.abc import Iterable

from aegis.accounts import fields
from aegis.accounts.models import ADMINISTRATORS, User
from aegis.accounts.permits import administrators, require_administrator
from aegis.accounts.registry_roles import lock_roles, put, role_group
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Forbidden


@verb
def create_person(
    *,
    actor: User | None,
    username: str,
    name: str,
    email: str,
    password: str | None,
    groups: Iterable[str] = (),
) -> User:
    """Add an account for a person, with roles across the registry (``groups``).

    ``actor`` is None only for the very first account. Without a password nobody signs
    in until one was chosen by way of a letter.
    """
    lock_roles()
    if actor is None:
        _require_nobody()
    else:
        require_administrator(actor, "add people")
    return _add_person(actor, username, name, email, password, groups)


@verb
def appoint_administrator(*, username: str, name: str, email: str, password: str) -> User:
    """Add an administrator on the word of whoever runs commands on this installation."""
    lock_roles()
    return _add_person(None, username, name, email, password, [ADMINISTRATORS])


@verb
def create_service_account(*, actor: User, username: str, name: str, email: str = "") -> User:
    """Add an account that automation works as: it has tokens, no password and no decision."""
    lock_roles()
    require_administrator(actor, "add service accounts")
    user = _account(username, name, fields.email(email, required=False), is_service=True)
    user.set_unusable_password()
    _add(user, actor=actor)
    return user


@verb
def edit_person(
    user: User, *, actor: User, name: str | None = None, email: str | None = None
) -> User:
    """Change the name or the e-mail of an account; what is None stays."""
    lock_roles()
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    require_administrator(actor, "edit accounts")
    new = {
        "name": user.name if name is None else fields.person_name(name),
        "email": user.email if email is None else fields.email(email, required=not user.is_service),
    }
    changed = {key: value for key, value in new.items() if value != getattr(user, key)}
    if not changed:
        return user
    if "email" in changed:
        _refuse_taken_email(changed["email"])
    for key, value in changed.items():
        setattr(user, key, value)
    user.save(update_fields=list(changed))
    record("user:edited", actor=actor, about=user, data={"changed": sorted(changed)}, texts=changed)
    return user


@verb
def set_active(user: User, *, actor: User, active: bool) -> User:
    """Lock an account, with its sessions and tokens, or let it in again."""
    lock_roles()
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    require_administrator(actor, "lock accounts")
    if user.is_active == active:
        return user
    if not active:
        if user.pk == actor.pk:
            raise Forbidden("own_account", "Nobody locks their own account.", mend=_ANOTHER)
        _refuse_last_administrator(user)
    user.is_active = active
    user.save(update_fields=["is_active"])
    record("user:activated" if active else "user:deactivated", actor=actor, about=user)
    return user


@verb
def set_registry_role(user: User, *, actor: User, role: str, member: bool) -> User:
    """Give ``user`` a role across the registry (administrators, auditors), or take it away.

    Nobody gives one to themselves, and the last administrator stays one.
    """
    lock_roles()
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    require_administrator(actor, "give roles across the registry")
    group = role_group(role)
    if user.groups.filter(pk=group.pk).exists() == member:
        return user
    if member:
        _refuse_grant(user, actor, role)
    elif role == ADMINISTRATORS:
        _refuse_last_administrator(user)
    put(user, role, member=member)
    action = "user:role_granted" if member else "user:role_revoked"
    record(action, actor=actor, about=user, data={"role": role})
    return user


@verb
def choose_password(user: User, *, password: str) -> None:
    """Give ``user`` the password that they chose for themselves."""
    user.set_password(fields.password(password, of=user))
    user.save(update_fields=["password"])
    record("user:password_chosen", actor=user, about=user)


@verb
def join_accounts(user: User, *, actor: User, first: User) -> User:
    """Say that ``user`` is a further account of the person of ``first``: both count once.

    This is never taken back.
    """
    lock_roles()
    require_administrator(actor, "say which accounts are one person's")
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    root = User.objects.get(pk=first.pk)
    root = root.same_person_as or root
    if user.same_person_as_id == root.pk:
        return user
    if user.pk == root.pk or user.same_person_as_id or user.other_accounts.exists():
        sentence = f"{user} is joined to other accounts already."
        raise Conflict("accounts_joined", sentence, mend="Join the other account to this one.")
    if user.is_service or root.is_service:
        raise Conflict("service_account", "A service account is nobody's further account.")
    user.same_person_as = root
    user.save(update_fields=["same_person_as"])
    record("user:joined", actor=actor, about=user, data={"first": str(root.pk)})
    return user


_ANOTHER = "Another administrator can do it."


def _add_person(
    actor: User | None,
    username: str,
    name: str,
    email: str,
    password: str | None,
    groups: Iterable[str],
) -> User:
    roles = sorted({role_group(role).name for role in groups})
    user = _account(username, name, fields.email(email), is_service=False)
    user.set_password(None if password is None else fields.password(password, of=user))
    _add(user, actor=actor)
    for role in roles:
        put(user, role, member=True)
        record("user:role_granted", actor=actor, about=user, data={"role": role})
    return user


def _account(username: str, name: str, email: str, *, is_service: bool) -> User:
    user = User(
        username=fields.username(username),
        name=fields.person_name(name),
        email=email,
        is_service=is_service,
    )
    if User.objects.filter(username__iexact=user.username).exists():
        sentence = f"There is an account {user.username} already; case makes no difference."
        raise Conflict("username_taken", sentence)
    _refuse_taken_email(email)
    return user


def _add(user: User, *, actor: User | None) -> None:
    user.save(force_insert=True)
    record(
        "user:created",
        actor=actor,
        about=user,
        data={"kind": "service" if user.is_service else "person"},
        texts={"username": user.username, "name": user.name, "email": user.email},
    )


def _require_nobody() -> None:
    if User.objects.exists():
        raise Forbidden(
            "administrators_only",
            "Only an administrator may add people.",
            mend="python manage.py create_administrator adds one.",
        )


def _refuse_taken_email(email: str) -> None:
    if email and User.objects.filter(email__iexact=email).exists():
        raise Conflict("email_taken", "Another account has this e-mail address.")


def _refuse_grant(user: User, actor: User, role: str) -> None:
    if user.pk == actor.pk:
        raise Forbidden("own_role", "Nobody gives themselves a role.", mend=_ANOTHER)
    if user.is_service and role == ADMINISTRATORS:
        raise Conflict("service_account", "A service account administers nothing.")


def _refuse_last_administrator(user: User) -> None:
    others = administrators().exclude(pk=user.pk)
    if user.is_administrator and not others.exists():
        raise Conflict(
            "last_administrator",
            "This is the last administrator who can sign in.",
            mend="Make somebody else an administrator first.",
        )
