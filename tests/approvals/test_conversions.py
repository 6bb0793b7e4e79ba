"""Converted versions: nothing puts one into use that was not compared with what it was made of."""

from dataclasses import replace
from typing import Any

import pytest

from aegis.problems import Conflict, Forbidden
from approvals.gates import Outcome, blocking, check
from approvals.models import PromotionRequest
from approvals.needing import needing
from approvals.policies import GateSpec
from approvals.refreshing import bring_up_to_date
from approvals.rollback import candidates, roll_back
from registry.comparisons import Compared
from registry.models import Comparison, ModelVersion
from tests.approvals import attacks, making
from tests.approvals.attacks import refused
from tests.cast import Cast

OTHER_INPUT = replace(making.WITHIN, input_digest="b" * 64)


def gates(version: ModelVersion) -> dict[str, Any]:
    return {one.gate: one for one in check(version, "Production")}


def test_a_compared_one_is_promoted_like_any_other(cast: Cast, version: ModelVersion) -> None:
    made = making.new_conversion(version, cast.marc)

    request = making.ask(made, cast.marc)
    making.say(request, cast.rita)
    making.say(request, cast.remy)
    making.promote(request.pk)

    made.refresh_from_db()
    assert made.stage == "Production"
    said = request.subjects.values_list("body", flat=True)[0]
    assert '"conversion":{"comparisons":[{"input":"aaa' in said


def test_an_uploaded_one_is_asked_for_no_comparison(cast: Cast, version: ModelVersion) -> None:
    assert not {"conversion_compared", "conversion_origin"} & gates(version).keys()


@pytest.mark.parametrize(
    ("compared", "summary"),
    [
        (None, "Not compared"),
        (making.OUTSIDE, "3 of 12 values outside the tolerance"),
    ],
)
def test_what_no_comparison_speaks_for_is_blocked_under_every_policy(
    cast: Cast, version: ModelVersion, compared: Compared | None, summary: str
) -> None:
    made = making.new_conversion(version, cast.marc, compared=compared)

    found = gates(made)["conversion_compared"]

    assert (found.outcome, found.blocks, found.summary) == (Outcome.FAIL, True, summary)
    assert found.policy == "production"
    request = making.ask(made, cast.marc)
    with pytest.raises(Conflict, match="Conversion compared"):
        making.say(request, cast.rita)


def test_no_policy_can_ask_for_the_gates_or_leave_them_out(cast: Cast) -> None:
    with pytest.raises(Exception, match="no gate"):
        making.production_policy(cast, gates=[GateSpec("conversion_compared")])


def test_the_last_comparison_with_each_input_counts(cast: Cast, version: ModelVersion) -> None:
    made = making.new_conversion(version, cast.marc, compared=making.OUTSIDE)

    making.compare(made, cast.marc, OTHER_INPUT)
    assert gates(made)["conversion_compared"].blocks
    making.compare(made, cast.marc, making.WITHIN)

    assert not gates(made)["conversion_compared"].blocks


def test_a_comparison_of_other_files_counts_for_nothing(cast: Cast, version: ModelVersion) -> None:
    made = making.new_conversion(version, cast.marc, compared=None)
    with refused("What is compared is a converted version and what it was"):
        making.compare(
            ModelVersion(pk=made.pk, registered_model=made.registered_model, digest="f" * 64),
            cast.marc,
        )


def test_another_comparison_ends_the_approvals_that_were_given(
    cast: Cast, version: ModelVersion
) -> None:
    made = making.new_conversion(version, cast.marc)
    request = making.ask(made, cast.marc)
    making.say(request, cast.rita)

    making.compare(made, cast.marc, OTHER_INPUT)

    with pytest.raises(Conflict, match="It was compared with the version"):
        making.say(PromotionRequest.objects.get(pk=request.pk), cast.remy)
    bring_up_to_date(PromotionRequest.objects.get(pk=request.pk))
    assert not request.decisions.filter(dismissal=None).exists()


@pytest.mark.parametrize("how", ["recalled", "quarantined"])
def test_what_holds_the_parent_back_holds_back_what_was_converted(
    cast: Cast, version: ModelVersion, how: str
) -> None:
    made = making.new_conversion(version, cast.marc)
    making.take_away(version, how)

    (found,) = blocking(check(made, "Production"))

    assert (found.gate, found.title) == ("conversion_origin", "Converted from")
    assert "v1" in found.summary


def test_nobody_rolls_back_to_what_a_comparison_speaks_against(
    cast: Cast, version: ModelVersion
) -> None:
    made = making.new_conversion(version, cast.marc)
    request = making.ask(made, cast.marc)
    making.say(request, cast.rita)
    making.say(request, cast.remy)
    making.promote(request.pk)
    making.into_production(making.new_version(version.registered_model, cast.mina), cast)
    making.compare(made, cast.marc, making.OUTSIDE)

    with pytest.raises(Conflict) as caught:
        roll_back(made.registered_model, actor=cast.marc, to_version=made, reason="The new one.")
    assert caught.value.code == "conversion_not_compared"
    (offered,) = [one for one in candidates(made.registered_model) if one.version == made]
    assert offered.refusal is not None


def test_whoever_uploaded_the_parent_decides_nothing(cast: Cast, version: ModelVersion) -> None:
    parent = making.new_version(version.registered_model, cast.mina)
    made = making.new_conversion(parent, cast.marc, card=False)
    making.write_card(made, cast.marc)
    request = making.ask(made, cast.marc)
    making.share(made.registered_model, actor=cast.marc, role="reviewer", user=cast.mina)

    with pytest.raises(Forbidden) as caught:
        making.say(request, cast.mina)

    assert "converted from" in caught.value.sentence
    assert request not in needing(cast.mina)


# The database -----------------------------------------------------------------------------------


def all_in_place(version: ModelVersion, cast: Cast) -> PromotionRequest:
    """Write approvals and statement past all verbs, as one could who has the password."""
    request = making.ask(version, cast.marc)
    request.version.refresh_from_db()
    for person in (cast.rita, cast.remy):
        attacks.insert_decision(request, person)
    attacks.set_state(request, "approved", "promoting")
    attacks.insert_statement(request)
    return request


def test_with_a_comparison_the_database_takes_the_move(cast: Cast, version: ModelVersion) -> None:
    request = all_in_place(making.new_conversion(version, cast.marc), cast)
    attacks.insert_transition(request.version, request_id=request.pk)
    attacks.follow(request.version)
    attacks.set_state(request, "promoted")
    attacks.at_commit()


@pytest.mark.parametrize("further", [(), (making.OUTSIDE,), (making.OUTSIDE, OTHER_INPUT)])
def test_without_one_it_does_not(
    cast: Cast, version: ModelVersion, further: tuple[Compared, ...]
) -> None:
    made = making.new_conversion(version, cast.marc, compared=None)
    for compared in further:
        making.compare(made, cast.marc, compared)
    request = all_in_place(made, cast)
    with refused("No comparison shows"):
        attacks.insert_transition(request.version, request_id=request.pk)


def test_nor_without_saying_what_it_was_converted_from(cast: Cast, version: ModelVersion) -> None:
    made = making.new_conversion(version, cast.marc, derived=False, compared=None)
    request = all_in_place(made, cast)
    with refused("No comparison shows"):
        attacks.insert_transition(request.version, request_id=request.pk)


def test_nor_while_the_parent_is_recalled(cast: Cast, version: ModelVersion) -> None:
    request = all_in_place(making.new_conversion(version, cast.marc), cast)
    making.take_away(version, "recalled")
    with refused("is recalled or in quarantine"):
        attacks.insert_transition(request.version, request_id=request.pk)


def test_the_approval_of_the_parents_uploader_does_not_count(
    cast: Cast, version: ModelVersion
) -> None:
    making.production_policy(cast, groups=[], approvals_required=1)
    made = making.new_conversion(version, cast.marc)
    request = making.ask(made, cast.marc)
    request.version.refresh_from_db()
    attacks.insert_decision(request, cast.mina)
    attacks.set_state(request, "approved", "promoting")
    attacks.insert_statement(request)
    with refused("0 of 1 approvals count"):
        attacks.insert_transition(request.version, request_id=request.pk)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"outside": 13}, "registry_comparison_of_something"),
        ({"values": 0}, "registry_comparison_of_something"),
        ({"method": "words"}, "registry_comparison_method"),
        ({"input_digest": ""}, "registry_comparison_of_outputs_has_its_input"),
        ({"tolerance": 2.0}, "registry_comparison_tolerance"),
        ({"parent_digest": "f" * 64}, "What is compared is a converted version"),
    ],
)
def test_no_comparison_says_what_cannot_be(
    cast: Cast, version: ModelVersion, change: dict[str, Any], sentence: str
) -> None:
    made = making.new_conversion(version, cast.marc)
    known = Comparison.objects.filter(version=made).values().get()
    row = {**known, "packages": "{}", **change}
    del row["id"]
    columns = {("values" if k == "values" else k): v for k, v in row.items()}
    with refused(sentence):
        attacks.insert("registry_comparison", {f'"{k}"': v for k, v in columns.items()})


@pytest.mark.parametrize("of", ["itself", "pending", "conversion", "other files", "upload"])
def test_a_derivation_names_a_ready_original_of_the_same_model(
    cast: Cast, version: ModelVersion, of: str
) -> None:
    from registry.comparisons import Conversion, record_derivation
    from registry.versions import create_version

    earlier = making.new_conversion(version, cast.marc) if of == "conversion" else version
    if of == "pending":
        earlier = create_version(version.registered_model, actor=cast.marc, source="upload")
    source = "upload" if of == "upload" else "conversion"
    made = create_version(version.registered_model, actor=cast.marc, source=source)
    parent = made if of == "itself" else earlier
    digest = "f" * 64 if of == "other files" else parent.digest
    with refused("converted"):
        record_derivation(
            made, actor=cast.marc, conversion=Conversion(parent, digest, "x", "1", {}, ())
        )
