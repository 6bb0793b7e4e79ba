import hashlib
import json
from typing import Any

import pytest

from aegis.accounts.models import Team
from aegis.problems import Forbidden, Invalid
from approvals.gates import Outcome, check
from approvals.models import PolicyGate, PolicyRevision, RequestState
from approvals.policies import GateSpec, policies_for, publish_revision, requirements, sentence_of
from registry.metric_definitions import define_metric
from registry.models import ModelVersion, RegisteredModel
from registry.registration import edit_model
from tests.approvals import making
from tests.cast import Cast

FLOOR = [GateSpec("model_card"), GateSpec("signature"), GateSpec("malware_scan")]


def publish(cast: Cast, **changes: Any) -> PolicyRevision:
    said: dict[str, Any] = {
        "actor": cast.ada,
        "name": "growth-production",
        "target": "Production",
        "risk_tiers": [1],
        "approvals_required": 1,
        "groups": [],
        "gates": FLOOR,
    }
    return publish_revision(**{**said, **changes})


def test_a_revision_is_published_with_its_gates_and_recorded(cast: Cast) -> None:
    before = making.last_entry()
    gates = [*FLOOR, GateSpec("licence", {"allowed": ["MIT", "Apache-2.0"]}, is_blocking=False)]
    revision = publish(cast, gates=gates, groups=[cast.risk_team], description="Why not")
    assert (revision.number, revision.published_by) == (1, cast.ada)
    assert revision.groups == [cast.risk_team.group_id]
    kept = [(one.gate, one.parameters, one.is_blocking) for one in revision.gates.all()]
    assert kept == [
        ("model_card", {}, True),
        ("signature", {}, True),
        ("malware_scan", {}, True),
        ("licence", {"allowed": ["Apache-2.0", "MIT"]}, False),
    ]
    assert making.recorded(before) == [
        (
            "policy:published",
            "ada",
            {"policy": "growth-production", "revision": 1, "digest": revision.digest},
        )
    ]


def test_the_digest_covers_every_word_of_a_revision(cast: Cast) -> None:
    seen = {publish(cast).digest}
    for changes in (
        {},  # The same again is another revision.
        {"approvals_required": 2},
        {"groups": [cast.risk_team]},
        {"risk_tiers": [1, 2]},
        {"expires_after_days": 5},
        {"team": cast.growth},
        {"description": "Other words"},
        {"gates": [*FLOOR, GateSpec("provenance")]},
        {"gates": [*FLOOR, GateSpec("provenance", is_blocking=False)]},
        {"in_force": False},
        {"target": "Staging"},
    ):
        digest = publish(cast, **changes).digest
        assert len(digest) == len(hashlib.sha256().hexdigest())
        assert digest not in seen
        seen.add(digest)


@pytest.mark.parametrize("who", ["mina", "rita", "otto", "vera"])
def test_only_administrators_publish(cast: Cast, who: str) -> None:
    with pytest.raises(Forbidden) as caught:
        publish(cast, actor=getattr(cast, who))
    assert caught.value.code == "administrators_only"
    assert "Ada" in str(caught.value.mend)
    assert not PolicyRevision.objects.filter(policy__name="growth-production").exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "policy_name_invalid"),
        ({"name": "Tier 1"}, "policy_name_invalid"),
        ({"name": "a" * 81}, "policy_name_invalid"),
        ({"target": "Archived"}, "policy_target_invalid"),
        ({"target": "production"}, "policy_target_invalid"),
        ({"risk_tiers": []}, "policy_tiers_invalid"),
        ({"risk_tiers": [4]}, "policy_tiers_invalid"),
        ({"risk_tiers": [True]}, "policy_tiers_invalid"),
        ({"approvals_required": -1}, "policy_number_invalid"),
        ({"approvals_required": True}, "policy_number_invalid"),
        ({"approvals_required": "2"}, "policy_number_invalid"),
        ({"approvals_required": 0}, "policy_too_weak"),
        ({"expires_after_days": 0}, "policy_number_invalid"),
        ({"gates": []}, "policy_too_weak"),
        ({"gates": [GateSpec("model_card")]}, "policy_too_weak"),
        ({"gates": [*FLOOR[:1], GateSpec("signature", is_blocking=False)]}, "policy_too_weak"),
        ({"gates": FLOOR[:2]}, "policy_too_weak"),
        ({"gates": [*FLOOR, GateSpec("horoscope")]}, "gate_unknown"),
        ({"gates": [*FLOOR, GateSpec("signature")]}, "gate_twice"),
        ({"gates": [*FLOOR, GateSpec("licence", {"allow": ["MIT"]})]}, "gate_parameters_invalid"),
        ({"gates": [*FLOOR, GateSpec("evaluation")]}, "gate_parameters_invalid"),
        ({"description": "\0"}, "text_control_character"),
    ],
)
def test_what_a_policy_cannot_say_is_refused(cast: Cast, changes: Any, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        publish(cast, **changes)
    assert caught.value.code == code
    assert caught.value.sentence.endswith(".")


def test_a_limit_on_the_wrong_side_of_a_defined_metric_is_refused(cast: Cast) -> None:
    def limit(**limits: float) -> GateSpec:
        return GateSpec("evaluation", {"metrics": {"error": limits}})

    publish(cast, gates=[*FLOOR, limit(min=0.1)])
    define_metric(actor=cast.ada, name="error", title="Error", direction="lower")
    with pytest.raises(Invalid, match="so its limit is a max"):
        publish(cast, gates=[*FLOOR, limit(min=0.1)])
    publish(cast, gates=[*FLOOR, limit(max=0.1)])


def test_the_latest_revision_in_force_governs_its_tiers_team_and_target(
    cast: Cast, model: RegisteredModel
) -> None:
    def governing(target: str = "Production") -> list[str]:
        return [f"{one.policy.name} r{one.number}" for one in policies_for(model, target)]

    assert governing() == ["production r1"]
    publish(cast)
    assert governing() == ["growth-production r1", "production r1"]
    assert governing("Staging") == ["staging r1"]
    publish(cast, risk_tiers=[2, 3])
    assert governing() == ["production r1"]
    publish(cast, team=cast.risk_team)
    assert governing() == ["production r1"]
    publish(cast, team=cast.growth)
    assert governing() == ["growth-production r4", "production r1"]
    publish(cast, in_force=False)
    assert governing() == ["production r1"]


def test_where_several_policies_match_each_ones_requirements_hold(
    cast: Cast, model: RegisteredModel
) -> None:
    publish(cast, approvals_required=3)
    needs = requirements(policies_for(model, "Production"))
    assert [(one.policy, one.approvals, one.words) for one in needs] == [
        ("growth-production", 3, "3 approvals"),
        ("production", 2, "2 approvals from Risk team"),
    ]
    assert needs[1].counts([cast.risk_team.group_id])
    assert not needs[1].counts([cast.growth.group_id])
    assert needs[0].counts([])


def test_policies_are_read_with_their_gates_in_one_query(
    cast: Cast, model: RegisteredModel, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        (policy,) = policies_for(model, "Production")
        asked = [gate.gate for gate in policy.gates.all()]
        assert asked == ["model_card", "signature", "malware_scan"]
        assert sentence_of(policy) == (
            "A version of a Tier 1, 2 or 3 model becomes Production when 3 gates pass and "
            "2 people of Risk team who had no hand in it approve the same subject. "
            "A request lasts 30 days."
        )


def test_a_published_revision_makes_what_it_governs_stale(
    cast: Cast, version: ModelVersion
) -> None:
    request = making.ask(version, cast.mina)
    other = making.ask(making.new_version(making.new_model(cast, "second"), cast.mina), cast.mina)
    edited = edit_model(other.version.registered_model, actor=cast.marc, description="Other words")
    assert edited.risk_tier == 1
    publish(cast, name="elsewhere", team=cast.risk_team)
    publish(cast, name="staging-only", target="Staging", approvals_required=0, gates=[])
    request.refresh_from_db()
    assert request.state == RequestState.OPEN
    making.production_policy(cast, approvals_required=1)
    for stale in (request, other):
        stale.refresh_from_db()
        assert stale.state == RequestState.STALE
        assert "The policy production is in revision 2 now; it was 1." in stale.outcome


def test_taking_a_policy_out_of_force_makes_requests_stale(
    cast: Cast, version: ModelVersion
) -> None:
    request = making.ask(version, cast.mina)
    making.production_policy(cast, in_force=False)
    request.refresh_from_db()
    assert request.state == RequestState.STALE


def test_a_gate_that_does_not_exist_any_more_is_an_error_that_blocks(
    cast: Cast, version: ModelVersion
) -> None:
    (policy,) = policies_for(version.registered_model, "Production")
    PolicyGate.objects.create(revision=policy, position=9, gate="horoscope")
    outcomes = {one.gate: one for one in check(version, "Production")}
    assert outcomes["model_card"].outcome is Outcome.PASS
    assert outcomes["horoscope"].outcome is Outcome.ERROR
    assert outcomes["horoscope"].blocks


def test_a_gate_that_crashes_is_an_error_and_hides_no_other(
    cast: Cast, version: ModelVersion
) -> None:
    (policy,) = policies_for(version.registered_model, "Production")
    # Parameters that no publishing verb lets through, as an older release may have kept.
    PolicyGate.objects.create(
        revision=policy, position=9, gate="evaluation", parameters={"metrics": 3}
    )
    outcomes = {one.gate: one for one in check(version, "Production")}
    assert outcomes["evaluation"].outcome is Outcome.ERROR
    assert outcomes["evaluation"].blocks
    assert outcomes["signature"].outcome is Outcome.PASS


def test_the_teams_of_a_sentence_are_named(cast: Cast) -> None:
    everybody: list[Team] = [cast.growth, cast.risk_team]
    revision = publish(cast, groups=everybody, team=cast.growth, risk_tiers=[2], gates=FLOOR)
    assert sentence_of(PolicyRevision.objects.get(pk=revision.pk)) == (
        "A version of a Tier 2 model of Growth becomes Production when 3 gates pass and "
        "1 person of Growth or Risk team who had no hand in it approves the same subject. "
        "A request lasts 30 days."
    )
    assert json.dumps(revision.groups) == json.dumps(sorted(team.group_id for team in everybody))
