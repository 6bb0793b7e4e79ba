"""The read that programs make all day: a version by its ref, in one prepared statement.

It asks for the token, its scope, what its user may see, and the version at once, and PostgreSQL
writes the JSON. Who may see what is the rule of ``visible_to``, and how a ref is resolved that
of ``resolve_version``, written once more in SQL; a test holds the two against each other.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from psycopg.sql import SQL, Composed

from aegis.accounts import tokens
from aegis.accounts.models import AUDITORS, ApiToken, User
from aegis.database.prepared import preparing_cursor
from aegis.problems import Forbidden, Refusal
from aegis.text import name_key, refused_character
from registry.lookup import get_model, outside_production, version_not_found
from registry.names import Ref, RefKind, parse_ref
from registry.permissions import model_not_found
from registry.version_documents import DOCUMENT
from registry.visibility import PERMISSION_OF_VIEWING

_Row = tuple[UUID | None, bool, bool, bool, str | None, bool | None]

_BY_TOKEN: Final = SQL("""
    SELECT t.id AS token, t.user_id AS id, %(scope)s = ANY (t.scopes) AS in_scope,
        t.production_only,
        coalesce(t.last_used_at < statement_timestamp() - interval '1 minute', true) AS is_unnoted
    FROM accounts_apitoken t JOIN accounts_user u ON u.id = t.user_id
    WHERE t.digest = %(digest)s AND t.revoked_at IS NULL AND t.expires_at > statement_timestamp()
        AND u.is_active
""")
_BY_USER: Final = SQL("""
    SELECT NULL::uuid AS token, u.id, true AS in_scope, false AS production_only,
        false AS is_unnoted
    FROM accounts_user u WHERE u.id = %(user)s AND u.is_active
""")

_VISIBLE: Final = SQL("""(
    m.visibility = 'internal'
    OR EXISTS (SELECT 1 FROM accounts_team k
        JOIN accounts_user_groups g ON g.group_id = k.group_id
        WHERE k.id = m.team_id AND g.user_id = caller.id)
    OR EXISTS (SELECT 1 FROM registry_registeredmodeluserpermission p
        JOIN auth_permission n ON n.id = p.permission_id
        WHERE p.content_object_id = m.id AND p.user_id = caller.id
            AND n.codename = %(viewing)s)
    OR EXISTS (SELECT 1 FROM registry_registeredmodelgrouppermission p
        JOIN auth_permission n ON n.id = p.permission_id
        JOIN accounts_user_groups g ON g.group_id = p.group_id
        WHERE p.content_object_id = m.id AND g.user_id = caller.id
            AND n.codename = %(viewing)s)
    OR EXISTS (SELECT 1 FROM accounts_user_groups g
        JOIN auth_group o ON o.id = g.group_id
        WHERE g.user_id = caller.id AND o.name = %(auditors)s)
)""")

_VERSION: Final = {
    RefKind.NUMBER: SQL("""
        SELECT w.*, 'number' AS found_by FROM registry_modelversion w
        WHERE w.registered_model_id = m.id AND w.number = %(number)s"""),
    RefKind.STAGE: SQL("""
        SELECT w.*, 'stage' AS found_by FROM registry_modelversion w
        WHERE w.registered_model_id = m.id AND w.stage = %(stage)s AND w.state = 'ready'
        ORDER BY w.number DESC LIMIT 1"""),
    RefKind.LATEST: SQL("""
        SELECT w.*, 'latest' AS found_by FROM registry_modelversion w
        WHERE w.registered_model_id = m.id AND w.state = 'ready'
        ORDER BY w.number DESC LIMIT 1"""),
    RefKind.NAME: SQL("""
        SELECT x.* FROM (
            SELECT w.*, 'alias' AS found_by FROM registry_alias a
            JOIN registry_modelversion w ON w.id = a.version_id
            WHERE a.registered_model_id = m.id AND lower(a.name) = %(key)s
            UNION ALL
            SELECT w.*, 'label' FROM registry_modelversion w
            WHERE w.registered_model_id = m.id AND w.label <> '' AND lower(w.label) = %(key)s
        ) x ORDER BY x.found_by LIMIT 1"""),
}


def _statement(caller: SQL, version: SQL) -> str:
    statement: Composed = SQL("""
        SELECT caller.token, caller.in_scope, caller.is_unnoted, m.id IS NOT NULL,
            CASE WHEN v.id IS NOT NULL THEN
                ({document} || jsonb_build_object('found_by', v.found_by))::text END,
            caller.production_only AND v.stage <> 'Production'
        FROM ({caller}) caller
        LEFT JOIN registry_registeredmodel m ON m.name_key = %(name)s AND {visible}
        LEFT JOIN LATERAL ({version}) v ON true
    """).format(document=DOCUMENT, caller=caller, visible=_VISIBLE, version=version)
    return statement.as_string(None)


_FOR_TOKENS: Final = {kind: _statement(_BY_TOKEN, query) for kind, query in _VERSION.items()}
_FOR_USERS: Final = {kind: _statement(_BY_USER, query) for kind, query in _VERSION.items()}


def version_for_token(plain: str, name: str, ref: str) -> str:
    """Return the version as JSON text for whoever bears the token ``plain``.

    Raises ``TokenRefused`` (401), ``Forbidden`` for a token without the scope of reading, and
    what ``get_model`` and ``resolve_version`` raise.
    """
    try:
        parsed = parse_ref(ref)
    except Refusal:
        # What is wrong with the address concerns only those who may come in and see the model.
        shown = tokens.authenticate(plain)
        _require_scope(in_scope=ApiToken.Scope.READ in shown.scopes)
        get_model(name, user=shown.user)
        raise
    values = {"digest": sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()}
    row = _row(_FOR_TOKENS, name, parsed, {**values, "scope": ApiToken.Scope.READ.value})
    if row is None:
        tokens.authenticate(plain)
        raise tokens.TokenRefused("token_unknown", "This token is not known here.")
    token, in_scope, is_unnoted, is_visible, document, is_outside = row
    _require_scope(in_scope=in_scope)
    if is_unnoted and token:
        tokens.note_use(ApiToken.objects.get(pk=token))
    if is_outside:
        raise outside_production()
    return _found(name, ref, is_visible=is_visible, document=document)


def version_for_user(user: User | AnonymousUser, name: str, ref: str) -> str:
    """Return the version as JSON text for somebody who is signed in."""
    try:
        parsed = parse_ref(ref)
    except Refusal:
        get_model(name, user=user)
        raise
    key = None if isinstance(user, AnonymousUser) else user.pk
    row = _row(_FOR_USERS, name, parsed, {"user": key})
    if row is None:
        raise model_not_found(name)
    return _found(name, ref, is_visible=row[3], document=row[4])


def _require_scope(*, in_scope: bool) -> None:
    if not in_scope:
        raise Forbidden(
            "token_scope",
            "This token does not have the scope “read”.",
            mend="Make a token with that scope on your account page.",
        )


def _found(name: str, ref: str, *, is_visible: bool, document: str | None) -> str:
    if not is_visible:
        raise model_not_found(name)
    if document is None:
        raise version_not_found(name, ref)
    return document


def _row(
    statements: Mapping[RefKind, str], name: str, ref: Ref, values: Mapping[str, Any]
) -> _Row | None:
    """Run the prepared statement for a ref of its kind."""
    parameters = {
        # No model has a name with such a character, and PostgreSQL takes no text with some.
        "name": "" if refused_character(name) else name_key(name),
        "viewing": PERMISSION_OF_VIEWING,
        "auditors": AUDITORS,
        "number": ref.number,
        "stage": ref.stage,
        "key": ref.key,
        **values,
    }
    with preparing_cursor() as cursor:
        cursor.execute(statements[ref.kind], parameters)
        found: _Row | None = cursor.fetchone()
    return found
