import pytest
from django.contrib.auth.models import AnonymousUser

from aegis.problems import Invalid, NotFound
from registry.aliases import set_alias
from registry.lookup import FoundBy, get_model, get_version, resolve_version
from registry.models import ModelVersion, RegisteredModel
from registry.versions import create_version
from tests.cast import Cast
from tests.recorded import refused
from tests.registry import making


def test_a_model_is_found_by_its_name_in_any_case(cast: Cast, model: RegisteredModel) -> None:
    assert get_model("CHURN-predictor", user=cast.stan) == model


@pytest.mark.parametrize("name", ["nothing", "", "a\0b", "\ud800", "x" * 5000, "../etc"])
def test_a_name_that_nothing_has_is_not_found(
    cast: Cast, model: RegisteredModel, name: str
) -> None:
    refused(NotFound, "model_not_found", get_model, name, user=cast.mina)


def test_what_somebody_may_not_see_answers_as_what_is_not_there(cast: Cast) -> None:
    making.new_model(cast, "secret", visibility="restricted")

    for user in (cast.stan, cast.ada, AnonymousUser()):
        hidden = refused(NotFound, "model_not_found", get_model, "secret", user=user)
        absent = refused(NotFound, "model_not_found", get_model, "absent", user=user)
        assert hidden.sentence.replace("secret", "absent") == absent.sentence
    for user in (cast.mina, cast.rita, cast.otto):
        assert get_model("secret", user=user).name == "secret"


def test_refs_resolve_in_their_order(cast: Cast, model: RegisteredModel) -> None:
    first = making.new_version(model, cast.mina, label="2.1.0")
    second = making.new_version(model, cast.mina)
    set_alias(model, "dev-next", actor=cast.mina, version=first)
    pending = create_version(model, actor=cast.mina, source=ModelVersion.Source.UPLOAD)

    found = {
        ref: resolve_version(model, ref)
        for ref in ("1", "v2", "V3", "0001", "2.1.0", "DEV-next", "latest", "none", "Development")
    }

    assert {ref: (each.version, each.found_by) for ref, each in found.items()} == {
        "1": (first, FoundBy.NUMBER),
        "v2": (second, FoundBy.NUMBER),
        "V3": (pending, FoundBy.NUMBER),
        "0001": (first, FoundBy.NUMBER),
        "2.1.0": (first, FoundBy.LABEL),
        "DEV-next": (first, FoundBy.ALIAS),
        "latest": (second, FoundBy.LATEST),
        "none": (second, FoundBy.STAGE),
        "Development": (second, FoundBy.STAGE),
    }
    assert get_version(model, 3) == pending


@pytest.mark.parametrize("ref", ["1", "v7", "production", "staging", "archived", "latest", "2.1.0"])
def test_a_version_that_is_not_there_is_not_found(
    cast: Cast, model: RegisteredModel, ref: str
) -> None:
    refusal = refused(NotFound, "version_not_found", resolve_version, model, ref)

    assert refusal.sentence == f"churn-predictor has no version {ref}."


@pytest.mark.parametrize("ref", ["", "a b", "-x", "a\0", "../1", "x" * 129])
def test_a_ref_that_nothing_could_have_is_refused(
    cast: Cast, model: RegisteredModel, ref: str
) -> None:
    refused(Invalid, "ref_invalid", resolve_version, model, ref)


def test_a_ref_does_not_reach_into_another_model(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    other = making.new_model(cast, "other")

    refused(NotFound, "version_not_found", resolve_version, other, "1")
