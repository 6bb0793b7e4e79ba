"""Browsers of people without a browser, and a model in a data folder of the test's own."""

from collections.abc import Callable

import pytest
from django.test import Client

from aegis.accounts.models import User
from tests.registry.fixtures import data_folder, model, pending, version

__all__ = ["data_folder", "model", "pending", "version"]


@pytest.fixture
def as_person() -> Callable[[User], Client]:
    """Return a function that opens a browser in which somebody is signed in."""

    def open_one(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return open_one
