"""The rollbacks to a version, and their statements: owed, signed, given out."""

import pytest

from aegis.proof.signing.rollback import verify_rollback
from aegis.sdk.trust import TrustedKeys
from approvals.models import StageTransition
from approvals.rollback import roll_back, rollback_of, sign_owed_statement
from registry.models import RegisteredModel, SigningKey
from tests.aegis.api.calling import Api
from tests.approvals import making
from tests.cast import Cast
from tests.registry.keys import compromise

ROLLBACKS = "models/churn-predictor/versions/1/rollbacks/"
WHY = "Over-65 customers received 31% fewer offers than in February."


@pytest.fixture
def moved(cast: Cast, model: RegisteredModel) -> StageTransition:
    """That the first version was put back in place of the second."""
    former = making.new_version(model, cast.mina)
    making.into_production(former, cast)
    making.into_production(making.new_version(model, cast.mina), cast)
    former.refresh_from_db()
    return roll_back(model, actor=cast.marc, to_version=former, reason=WHY)


def test_a_statement_that_is_owed_is_said_to_be(moved: StageTransition, mina: Api) -> None:
    (row,) = mina.get(ROLLBACKS).made(200)["results"]
    assert (row["id"], row["sequence"], row["replaced"]) == (str(moved.pk), 3, 2)
    assert (row["actor"], row["reason"], row["is_signed"]) == ("marc", WHY, False)
    owed = mina.get(f"{ROLLBACKS}{moved.pk}/statement/")
    assert owed.refused(404) == "statement_owed"
    assert owed.json["mend"] == "It is signed by itself as soon as the signer answers."


def test_the_statement_verifies_with_the_published_keys(
    cast: Cast, moved: StageTransition, mina: Api
) -> None:
    assert sign_owed_statement(moved)
    assert mina.get(ROLLBACKS).made(200)["results"][0]["is_signed"] is True
    answer = mina.get(f"{ROLLBACKS}{moved.pk}/statement/")
    assert "X-Aegis-Key-Compromised" not in answer.headers
    trusted = TrustedKeys.of_document(Api().get("/.well-known/aegis/keys.json").json)
    key = trusted.of_bundle(answer.bytes)
    assert answer.headers["X-Aegis-Key-Hint"] == key.hint
    said = verify_rollback(answer.bytes, public_key_pem=key.public_key_pem)
    assert said == rollback_of(moved)
    compromise(SigningKey.objects.get(), cast)
    assert mina.get(f"{ROLLBACKS}{moved.pk}/statement/").headers["X-Aegis-Key-Compromised"]


def test_a_rollback_to_another_version_is_not_found_here(moved: StageTransition, mina: Api) -> None:
    assert sign_owed_statement(moved)
    of_other = f"models/churn-predictor/versions/2/rollbacks/{moved.pk}/statement/"
    assert mina.get(of_other).refused(404) == "rollback_not_found"
    assert mina.get("models/churn-predictor/versions/2/rollbacks/").json["results"] == []
