from datetime import timedelta

import pytest

from aegis.problems import Unavailable
from aegis.proof.signing.revocations import verify_revocations
from registry.models import ModelVersion, Recall, RevocationList
from registry.revocations import LIFETIME, RENEWED_AFTER, is_due, latest_list, publish
from registry.signing.configured import configured_signer
from tests.cast import Cast
from tests.fakes import AbsentSigner

pytestmark = pytest.mark.django_db


def recalled(version: ModelVersion, cast: Cast) -> Recall:
    made: Recall = Recall.objects.create(version=version, reason="Broken.", recalled_by=cast.marc)
    return made


def public_key() -> str:
    return configured_signer().public_keys()[-1].public_key_pem


def test_the_list_names_what_was_recalled(cast: Cast, version: ModelVersion) -> None:
    with pytest.raises(Unavailable, match="not signed yet"):
        latest_list()
    first = publish()
    assert first is not None
    assert (first.number, first.count) == (1, 0)
    made = recalled(version, cast)
    second = publish()
    assert second == latest_list()
    said = verify_revocations(latest_list().bundle.encode(), public_key_pem=public_key())
    assert said.number == 2
    assert said.names(version.digest)
    assert [one.recalled_at for one in said.revoked] == [made.recalled_at]
    assert said.expires_at - said.issued_at == LIFETIME


def test_it_is_signed_again_only_when_it_is_due(cast: Cast, version: ModelVersion) -> None:
    assert publish() is not None
    assert not is_due()
    assert publish() is None
    recalled(version, cast)
    assert is_due()
    assert publish() is not None
    assert publish() is None


def test_it_is_renewed_before_it_expires(cast: Cast) -> None:
    made = publish()
    assert made is not None
    RevocationList.objects.create(
        number=made.number + 1,
        count=0,
        bundle=made.bundle,
        key_name=made.key_name,
        key_version=made.key_version,
        issued_at=made.issued_at - RENEWED_AFTER - timedelta(minutes=1),
    )
    renewed = publish()
    assert renewed is not None
    assert renewed.number == made.number + 2


def test_a_signer_that_is_away_leaves_the_old_list(cast: Cast, version: ModelVersion) -> None:
    before = publish()
    recalled(version, cast)
    with pytest.raises(Unavailable):
        publish(signer=AbsentSigner())
    assert latest_list() == before
    assert is_due()
