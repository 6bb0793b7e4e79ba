import os
import socket
from pathlib import Path

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import ProgrammingError, connection, connections, transaction

from aegis.embedded.config import APPLICATION, OWNER
from tests.harness import run
from tests.harness.network import ClosedNetworkError

ROWS = "SELECT count(*) FROM aegis_cache"
ADD_ROW = "INSERT INTO aegis_cache VALUES ('left behind', 'value', now())"


def ask(alias: str, statement: str) -> object:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_tests_connect_as_the_application_role() -> None:
    assert ask("default", "SELECT current_user") == APPLICATION
    assert ask("default", "SELECT current_database()") == run.database()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        ask("default", "CREATE TABLE mine ()")


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_owner_is_at_hand_on_the_same_database() -> None:
    assert ask("owner", "SELECT current_user") == OWNER
    assert ask("owner", "SELECT current_database()") == run.database()


@pytest.mark.django_db
@pytest.mark.parametrize("_again", [1, 2])
def test_a_plain_test_leaves_no_row(_again: int) -> None:
    assert ask("default", ROWS) == 0
    with connection.cursor() as cursor:
        cursor.execute(ADD_ROW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_again", [1, 2])
def test_a_test_that_commits_leaves_no_row_and_takes_none_away(_again: int) -> None:
    assert ask("default", ROWS) == 0
    assert ContentType.objects.filter(app_label="registry").exists()
    with connection.cursor() as cursor:
        cursor.execute(ADD_ROW)
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        assert other.execute(ROWS).fetchone() == (1,)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_what_the_owner_commits_the_application_sees() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE seen ()")
        cursor.execute(f"GRANT SELECT ON seen TO {APPLICATION}")
    assert ask("default", "SELECT count(*) FROM seen") == 0


@pytest.mark.django_db
def test_the_owner_s_table_of_another_test_is_gone() -> None:
    assert ask("default", "SELECT to_regclass('seen')") is None


def test_other_machines_cannot_be_reached() -> None:
    with (
        socket.socket() as outward,
        pytest.raises(ClosedNetworkError, match="Tests reach no other machine"),
    ):
        outward.connect(("192.0.2.1", 80))


def test_names_of_other_machines_cannot_be_looked_up() -> None:
    with pytest.raises(ClosedNetworkError, match=r"asked for registry\.example"):
        socket.getaddrinfo("registry.example", 443)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_each_process_has_a_data_folder_of_its_own() -> None:
    assert Path(os.environ["AEGIS_DATA"]) == run.data()
    assert run.worker() in run.data().name
