from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from aegis.proof.signing.refusals import SignerMisconfigured
from registry import signer_states
from registry.models import SignerState, SigningKey
from registry.watching_keys import note_all
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(cast: Cast) -> SigningKey:
    return SigningKey.objects.create(
        name="release", provider="vault", transit_name="release", risk_tiers=[1, 2, 3]
    )


def away(code: str = "signer_sealed") -> SignerMisconfigured:
    return SignerMisconfigured(code, "Vault is sealed.", mend="Unseal Vault.")


def test_an_absence_keeps_the_time_at_which_it_began(key: SigningKey) -> None:
    signer_states.note_absence(key, away())
    long_ago = timezone.now() - timedelta(hours=3)
    SignerState.objects.filter(key_name="release").update(away_since=long_ago)
    signer_states.note_absence(key, away("signer_forbidden"))
    state = SignerState.objects.get(key_name="release")
    assert (state.away_since, state.code) == (long_ago, "signer_forbidden")
    assert state.sentence == "Vault is sealed. Unseal Vault."
    assert state.answered_at is None


def test_an_answer_ends_an_absence_and_the_next_one_begins_anew(key: SigningKey) -> None:
    signer_states.note_absence(key, away())
    SignerState.objects.filter(key_name="release").update(
        away_since=timezone.now() - timedelta(hours=3)
    )
    signer_states.note_answer(key)
    assert signer_states.notice() == "ok"
    signer_states.note_absence(key, away())
    state = SignerState.objects.get(key_name="release")
    assert state.away_since is not None
    assert timezone.now() - state.away_since < timedelta(minutes=1)
    assert state.answered_at is not None


def test_a_probe_hears_who_signs_nothing_and_since_when(key: SigningKey) -> None:
    signer_states.note_absence(key, away())
    SignerState.objects.filter(key_name="release").update(away_since="2026-03-01T02:03:04Z")
    said = "release signs nothing since 2026-03-01 02:03 UTC: Vault is sealed. Unseal Vault."
    assert signer_states.notice() == said


def test_a_retired_key_is_nobody_s_worry(key: SigningKey) -> None:
    signer_states.note_absence(key, away())
    SigningKey.objects.filter(pk=key.pk).update(retired_at=timezone.now())
    assert signer_states.notice() == "ok"


def test_a_key_that_can_be_deleted_is_told_although_it_signs(key: SigningKey) -> None:
    signer_states.note_answer(key, deletion_allowed=True)
    assert "deletion_allowed" in SignerState.objects.get(key_name="release").sentence
    assert signer_states.notice() == "ok"


def test_watching_the_keys_notes_the_one_whose_vault_is_not_set(
    key: SigningKey, settings: Settings
) -> None:
    settings.AEGIS_VAULT = None
    note_all()
    states = {state.key_name: state.code for state in SignerState.objects.all()}
    assert states["release"] == "signer_missing"
