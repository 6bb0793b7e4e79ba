from collections.abc import Callable
from typing import Any

import pytest

from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal
from registry.models import RegisteredModel, SearchDocument
from registry.registration import edit_model, may_register_for, register_model
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry import making


def test_a_member_registers_a_model_and_maintains_it(cast: Cast) -> None:
    since = last()

    model = register_model(
        actor=cast.mina,
        name="Churn-Predictor",
        team=cast.growth,
        description="Ranks customers by their chance of cancelling.",
        task="classification",
        framework="xgboost",
        tags={"domain": "crm"},
    )

    assert (model.name, model.name_key) == ("Churn-Predictor", "churn-predictor")
    assert model.risk_tier == RegisteredModel.RiskTier.HIGHEST
    assert recorded(since) == [
        (
            "model:registered",
            str(model.pk),
            {
                "name": "Churn-Predictor",
                "team": "growth",
                "risk_tier": 1,
                "visibility": "internal",
            },
        )
    ]
    assert SearchDocument.objects.filter(registered_model=model).exists()
    edit_model(model, actor=cast.mina, visibility="restricted")


def test_an_administrator_registers_for_any_team_and_others_for_their_own(cast: Cast) -> None:
    register_model(actor=cast.ada, name="by-ada", team=cast.growth)

    refusal = refused(
        Forbidden, "not_in_team", register_model, actor=cast.rita, name="mine", team=cast.growth
    )

    assert refusal.mend
    assert not RegisteredModel.objects.filter(name="mine").exists()
    assert [may_register_for(user, cast.growth) for user in (cast.ada, cast.mina, cast.vera)] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("again", ["churn", "CHURN", "Churn"])
def test_a_name_is_taken_in_any_case(cast: Cast, again: str) -> None:
    register_model(actor=cast.mina, name="churn", team=cast.growth)

    refused(Conflict, "name_taken", register_model, actor=cast.mina, name=again, team=cast.growth)


BAD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name_empty"),
    ({"name": "  "}, "name_empty"),
    ({"name": "a\0b"}, "name_control_character"),
    ({"name": "-leading"}, "name_invalid"),
    ({"name": "ｃｈｕｒｎ"}, "name_invalid"),
    ({"name": "x" * 129}, "name_invalid"),
    ({"name": None}, "name_invalid"),
    ({"description": "a\0b"}, "text_control_character"),
    ({"description": "x" * 10_001}, "text_too_long"),
    ({"task": "two\nlines"}, "text_control_character"),
    ({"framework": 7}, "text_wrong_type"),
    ({"tags": ["a"]}, "tags_invalid"),
    ({"tags": []}, "tags_invalid"),
    ({"tags": {"a": 1}}, "text_wrong_type"),
    ({"tags": {"": "b"}}, "text_empty"),
    ({"tags": {"a": "1", "A": "2"}}, "tag_duplicate"),
    ({"tags": {str(number): "" for number in range(101)}}, "tags_too_many"),
    ({"visibility": "public"}, "visibility_unknown"),
    ({"risk_tier": 3}, "risk_tier_starts_highest"),
]


@pytest.mark.parametrize(("fields", "code"), BAD_FIELDS)
def test_bad_fields_are_refused_with_their_code(
    cast: Cast, fields: dict[str, Any], code: str
) -> None:
    said = {"name": "churn", "actor": cast.mina, "team": cast.growth, **fields}

    refusal = refused(Invalid, code, register_model, **said)

    assert refusal.sentence.endswith(".")
    assert not RegisteredModel.objects.exists()


def test_an_edit_records_what_changed_and_nothing_where_nothing_did(
    cast: Cast, model: RegisteredModel
) -> None:
    since = last()

    edit_model(model, actor=cast.mina, description="Ranks customers.", task="", tags={})
    edit_model(model, actor=cast.mina, description="Ranks customers.")

    assert recorded(since) == [("model:edited", str(model.pk), {"changed": ["description"]})]
    model.refresh_from_db()
    assert model.description == "Ranks customers."


def test_what_governs_a_model_is_changed_by_its_maintainers_alone(
    cast: Cast, model: RegisteredModel
) -> None:
    refusal = refused(
        Forbidden, "permission_missing", edit_model, model, actor=cast.mina, visibility="restricted"
    )
    assert "Marc Delacroix" in str(refusal.mend)

    changed = edit_model(model, actor=cast.marc, visibility="restricted")

    assert changed.visibility == "restricted"


def test_nobody_alone_makes_a_risk_tier_weaker(cast: Cast, model: RegisteredModel) -> None:
    refused(Forbidden, "risk_tier_governed", edit_model, model, actor=cast.marc, risk_tier=2)


@pytest.mark.parametrize(
    ("who", "kind", "code"),
    [("vera", Forbidden, "permission_missing"), ("rita", Forbidden, "permission_missing")],
)
def test_who_may_not_contribute_does_not_edit(
    cast: Cast, model: RegisteredModel, who: str, kind: type[Refusal], code: str
) -> None:
    refused(kind, code, edit_model, model, actor=getattr(cast, who), description="x")


def test_a_restricted_model_does_not_exist_for_strangers(cast: Cast) -> None:
    model = making.new_model(cast, "secret", visibility="restricted")

    for stranger in (cast.stan, cast.ada):
        refused(NotFound, "model_not_found", edit_model, model, actor=stranger, description="x")


@pytest.mark.parametrize("field", ["name", "team", "created_by", "colour"])
def test_unknown_and_fixed_fields_are_refused_by_name(
    cast: Cast, model: RegisteredModel, field: str
) -> None:
    refusal = refused(Invalid, "field_unknown", edit_model, model, actor=cast.marc, **{field: "x"})

    assert isinstance(refusal, Invalid)
    assert refusal.field == field


@pytest.mark.django_db(transaction=True)
def test_of_two_that_register_one_name_at_once_one_is_told(
    cast: Cast, at_once: Callable[..., list[Any]]
) -> None:
    def register() -> str:
        try:
            return register_model(actor=cast.mina, name="Same-Name", team=cast.growth).name
        except Conflict as refusal:
            return refusal.code

    assert sorted(at_once(register, times=4)) == ["Same-Name"] + ["name_taken"] * 3
