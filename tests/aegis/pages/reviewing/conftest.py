"""People who are signed in, with two policies and a model of which a promotion is asked."""

from collections.abc import Callable

import pytest
from django.test import Client

from aegis.accounts.models import User
from approvals.models import PromotionRequest
from registry.models import ModelVersion, RegisteredModel
from tests.approvals import making
from tests.cast import PASSWORD, Cast, assemble

SignIn = Callable[[User], Client]


@pytest.fixture
def cast(db: None) -> Cast:
    """The people of the tests, with a policy for each stage."""
    made = assemble()
    making.production_policy(made)
    making.staging_policy(made)
    return made


@pytest.fixture
def model(cast: Cast) -> RegisteredModel:
    """A model of growth that marc maintains and the risk team reviews."""
    return making.new_model(cast)


@pytest.fixture
def version(cast: Cast, model: RegisteredModel) -> ModelVersion:
    """Its first version, ready, with a complete card, uploaded by mina."""
    return making.new_version(model, cast.mina)


@pytest.fixture
def asked(cast: Cast, version: ModelVersion) -> PromotionRequest:
    """Mina's request for Production."""
    return making.ask(version, cast.mina)


@pytest.fixture
def just_signed_in() -> SignIn:
    """Sign people in with their password, a moment ago."""

    def sign_in(user: User) -> Client:
        client = Client()
        answer = client.post("/account/login/", {"login": user.username, "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return sign_in


@pytest.fixture
def signed_in() -> SignIn:
    """Give people a session in which nobody gave a password for long."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="aegis.accounts.backends.PeopleOnly")
        return client

    return sign_in
