"""The scene of the access matrix, with everybody at the door."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from aegis.accounts.models import ApiToken, User
from aegis.accounts.tokens import create_token
from tests.access.callers import ANONYMOUS, PEOPLE, SERVICE, TOKEN
from tests.access.scene import Scene, build
from tests.cast import PASSWORD, Cast
from tests.registry import making


@pytest.fixture
def tokens(cast: Cast) -> dict[str, tuple[ApiToken, str]]:
    """A token of the contributor, of the reviewer and of the service account."""

    def make(user: User) -> tuple[ApiToken, str]:
        return create_token(
            actor=cast.ada if user.is_service else user,
            user=user,
            name="matrix",
            scopes=["read", "write"],
            lifetime=timedelta(days=2),
        )

    return {user.username: make(user) for user in (cast.mina, cast.rita, cast.ci_growth)}


@pytest.fixture
def scene(
    cast: Cast, tokens: dict[str, tuple[ApiToken, str]], tmp_path: Path, settings: Settings
) -> Scene:
    """The restricted model with everything on it."""
    making.keep_files_in(tmp_path, settings)
    return build(cast, {name: token for name, (token, _) in tokens.items()})


@pytest.fixture
def clients(cast: Cast, tokens: dict[str, tuple[ApiToken, str]]) -> dict[str, Client]:
    """Every caller, as they come: with a session of a moment ago, or with a token."""
    found = {
        ANONYMOUS: Client(),
        SERVICE: Client(headers={"Authorization": f"Bearer {tokens['ci-growth'][1]}"}),
        TOKEN: Client(headers={"Authorization": f"Bearer {tokens['rita'][1]}"}),
    }
    for caller, username in PEOPLE.items():
        client = Client()
        client.post("/account/login/", {"login": username, "password": PASSWORD})
        assert "_auth_user_id" in client.session, username
        found[caller] = client
    return found
