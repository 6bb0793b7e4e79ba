"""Who may do what with a model, given and taken on its page."""

import pytest

from registry.models import RegisteredModel
from registry.permissions import CONTRIBUTE, REVIEW, may
from tests.aegis.pages.reviewing.conftest import SignIn
from tests.cast import Cast

ADDRESS = "/models/churn-predictor/access/"


def test_everybody_who_sees_a_model_sees_who_may_do_what(
    cast: Cast, model: RegisteredModel, signed_in: SignIn
) -> None:
    page = signed_in(cast.vera).get(ADDRESS).content.decode()
    assert "Marc Delacroix" in page
    assert "Risk team" in page
    assert "All that contributors may, share, archive, roll back" in page
    assert "Take back" not in page


@pytest.mark.parametrize("who", ["vera", "VERA", "@vera"])
def test_a_maintainer_shares_with_a_person_and_takes_it_back(
    cast: Cast, model: RegisteredModel, signed_in: SignIn, who: str
) -> None:
    client = signed_in(cast.marc)
    assert client.post(ADDRESS, {"who": who, "role": "contributor"}).status_code == 302
    assert may(cast.vera, CONTRIBUTE, model)
    taken = {"role": "contributor", "user": str(cast.vera.pk)}
    assert client.post(f"{ADDRESS}revoke/", taken).status_code == 302
    assert not may(cast.vera, CONTRIBUTE, model)


def test_a_maintainer_shares_with_a_team(
    cast: Cast, model: RegisteredModel, signed_in: SignIn
) -> None:
    sent = {"who": "Risk team", "role": "contributor"}
    assert signed_in(cast.marc).post(ADDRESS, sent).status_code == 302
    assert may(cast.rita, CONTRIBUTE, model)


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        ({"who": "", "role": "viewer"}, 400, "Name a person, a service or a team."),
        ({"who": "nobody-here", "role": "viewer"}, 400, "There is no active account and no team"),
        ({"who": "vera", "role": "king"}, 400, "Select a valid choice."),
        ({"who": "marc", "role": "reviewer"}, 403, "Nobody gives a role to themselves."),
        ({"who": "ci-growth", "role": "reviewer"}, 400, "A service account never decides."),
    ],
)
def test_a_faulty_sharing_says_what_is_wrong(
    cast: Cast,
    model: RegisteredModel,
    signed_in: SignIn,
    sent: dict[str, str],
    status: int,
    sentence: str,
) -> None:
    answer = signed_in(cast.marc).post(ADDRESS, sent)
    assert answer.status_code == status
    assert sentence in answer.content.decode()


def test_whoever_does_not_maintain_a_model_does_not_share_it(
    cast: Cast, model: RegisteredModel, signed_in: SignIn
) -> None:
    for who in (cast.mina, cast.rita, cast.vera):
        sent = {"who": "vera", "role": "reviewer"}
        assert signed_in(who).post(ADDRESS, sent).status_code == 403
    assert not may(cast.vera, REVIEW, model)


def test_the_last_maintainer_stays(cast: Cast, model: RegisteredModel, signed_in: SignIn) -> None:
    taken = {"role": "maintainer", "user": str(cast.marc.pk)}
    answer = signed_in(cast.ada).post(f"{ADDRESS}revoke/", taken)
    assert answer.status_code == 409
    assert "is the only maintainer" in answer.content.decode()
