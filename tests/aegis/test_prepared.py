from uuid import UUID

import pytest
from django.db import DataError, connection, transaction

from aegis.accounts.models import User
from aegis.database.prepared import PreparedQuery, preparing_cursor
from tests.cast import Cast

SOMEBODY = UUID(int=1)


def test_a_query_is_prepared_once_and_asked_about_each_key_as_it_is_now(cast: Cast) -> None:
    query = PreparedQuery.of(User.objects.filter(pk=SOMEBODY).values_list("name"))
    User.objects.filter(pk=cast.mina.pk).update(name="Mina Okafor-Lind")

    assert query.rows({SOMEBODY: cast.mina.pk}) == [("Mina Okafor-Lind",)]
    assert query.rows({SOMEBODY: cast.vera.pk}) == [("Vera Novak",)]
    assert query.rows({}) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        prepared = [statement for (statement,) in cursor.fetchall()]
    assert prepared.count(query.statement.replace("%s", "$1")) == 1


def test_what_the_database_refuses_is_an_error_of_djangos(db: None) -> None:
    with pytest.raises(DataError), transaction.atomic(), preparing_cursor() as cursor:
        cursor.execute("SELECT 1 / %s", [0])
