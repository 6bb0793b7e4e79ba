"""Make the two roles and the database, and take from everybody what neither shall have."""

import psycopg
from psycopg import sql

from aegis.embedded.config import APPLICATION, DATABASE, OWNER, EmbeddedConfig

# With these anybody who may connect could make large objects, and so own something.
LARGE_OBJECT_MAKERS = ("lo_creat(integer)", "lo_create(oid)", "lo_from_bytea(oid, bytea)")


def prepare(connection: psycopg.Connection, config: EmbeddedConfig) -> None:
    """Make roles and database where they are missing, as the superuser; repeating it is safe."""
    for role in (OWNER, APPLICATION):
        _make_role(connection, role, config.passwords[role])
    for shared in ("postgres", "template1"):
        _execute(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", shared)
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
    if found.fetchone() is None:
        _execute(connection, "CREATE DATABASE {} OWNER {}", DATABASE, OWNER)
    close_database(connection, DATABASE)
    with psycopg.connect(
        connection.info.dsn, password=connection.info.password, dbname=DATABASE, autocommit=True
    ) as inside:
        close_schema(inside)


def close_database(connection: psycopg.Connection, database: str) -> None:
    """Let only the two roles into a database, and the application make nothing there."""
    _execute(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)
    _execute(connection, "GRANT CONNECT ON DATABASE {} TO {}", database, APPLICATION)


def close_schema(connection: psycopg.Connection) -> None:
    """Give the connection's database to the owner; the application may only look inside."""
    _execute(connection, "ALTER SCHEMA public OWNER TO {}", OWNER)
    _execute(connection, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    _execute(connection, "GRANT USAGE ON SCHEMA public TO {}", APPLICATION)
    for function in LARGE_OBJECT_MAKERS:
        connection.execute(
            sql.SQL("REVOKE ALL ON FUNCTION pg_catalog.{} FROM PUBLIC").format(sql.SQL(function))
        )


def _make_role(connection: psycopg.Connection, role: str, password: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if found.fetchone() is not None:
        return
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode())
    connection.execute(
        sql.SQL(
            "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS "
            "PASSWORD {}"
        ).format(sql.Identifier(role), sql.Literal(verifier.decode()))
    )


def _execute(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
