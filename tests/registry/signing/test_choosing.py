"""Which key signs for which model, and why one may not."""

import pytest
from pytest_django import Settings

from aegis.problems import Conflict, Invalid
from registry.models import ModelVersion, RegisteredModel, SigningKey
from registry.signing.configured import default_key, key_for, keys_for, statement_key
from registry.signing_keys import edit_key, make_default, retire
from tests.cast import Cast
from tests.registry.keys import compromise, new_key


def test_the_default_signs_where_nobody_names_new_key(cast: Cast, model: RegisteredModel) -> None:
    new_key(cast, "second")
    assert key_for(model).name == "aegis-development"
    assert key_for(model, name="second").name == "second"
    assert [key.name for key in keys_for(model)] == ["aegis-development", "second"]


def test_where_the_default_may_not_the_only_other_one_signs(
    cast: Cast, model: RegisteredModel
) -> None:
    edit_key(default_key(), actor=cast.ada, description="", teams=[], risk_tiers=[3])
    with pytest.raises(Conflict, match="signs in tier 3, not in 1"):
        key_for(model)
    second = new_key(cast, "second", teams=[cast.growth])
    assert key_for(model) == second
    new_key(cast, "third")
    with pytest.raises(Conflict) as caught:
        key_for(model)
    assert caught.value.code == "signing_key_not_for_tier"


def test_each_reason_has_its_code(cast: Cast, model: RegisteredModel, settings: Settings) -> None:
    new_key(cast, "for-risk", teams=[cast.risk_team])
    new_key(cast, "for-tier-3", risk_tiers=[3])
    retire(new_key(cast, "old"), actor=cast.ada)
    compromise(new_key(cast, "lost"), cast)
    reasons = {
        "for-risk": "signing_key_not_for_team",
        "for-tier-3": "signing_key_not_for_tier",
        "old": "signing_key_retired",
        "lost": "signing_key_compromised",
    }
    for name, code in reasons.items():
        with pytest.raises(Conflict) as caught:
            key_for(model, name=name)
        assert (caught.value.code, name in caught.value.sentence) == (code, True)
    with pytest.raises(Invalid) as unknown:
        key_for(model, name="nobody\nknows")
    assert (unknown.value.code, unknown.value.field) == ("signing_key_unknown", "sign_key")
    assert "\n" not in unknown.value.sentence
    settings.AEGIS_PRODUCTION = True
    with pytest.raises(Conflict) as development:
        key_for(model)
    assert development.value.code == "signing_key_development"


def test_without_any_default_the_refusal_says_who_mends_it(model: RegisteredModel) -> None:
    SigningKey.objects.update(is_default=False)
    a_second = SigningKey.objects.get()
    assert key_for(model) == a_second, "the only one that may sign does"
    SigningKey.objects.create(name="other", provider="development", risk_tiers=[1, 2, 3])
    with pytest.raises(Conflict) as caught:
        key_for(model)
    assert caught.value.code == "signing_key_missing"


def test_a_statement_is_signed_with_the_key_of_its_version_while_that_may_sign(
    cast: Cast, version: ModelVersion
) -> None:
    first = default_key()
    make_default(new_key(cast, "second"), actor=cast.ada)
    assert statement_key(version) == first
    compromise(first, cast)
    assert statement_key(version).name == "second"
