import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from aegis.accounts.models import User
from aegis.problems import NotFound
from approvals.decisions import comment_on, withdraw_decision
from approvals.gates import Outcome
from approvals.policies import GateSpec
from approvals.promoting import promote
from approvals.requests import refresh, withdraw
from approvals.review import Review, load_review
from registry.evidence import attach_evidence, attest, claim_tag
from registry.metric_definitions import define_metric
from registry.models import Evidence, ModelVersion, RegisteredModel
from registry.recording_facts import record_fact, record_metric
from registry.registration import edit_model
from tests.approvals import making
from tests.cast import Cast

LIMITS = {"metrics": {"roc_auc": {"min": 0.82}, "ece": {"max": 0.035}}}
QUERIES = 6
"""What the page itself reads for a reviewer; session, user, groups and top bar are four more."""


def evaluate(version: ModelVersion, actor: User, **values: float) -> Evidence:
    """Attach an evaluation report."""
    content = {
        "format": "aegis.evaluation-report/1",
        "dataset": {"name": "holdout", "version": "2026-02", "rows": 184_220},
        "metrics": [
            {
                "name": name,
                "value": value,
                "interval": {"low": value - 0.002, "high": value + 0.002},
                "sample_size": 184_220,
            }
            for name, value in values.items()
        ],
        "produced_by": "eval-suite 2.3.1",
        "produced_at": "2026-11-20T08:51:00Z",
    }
    file = ContentFile(json.dumps(content).encode(), name="eval.json")
    return attach_evidence(
        version, actor=actor, kind="evaluation_report", title="Evaluation", file=file
    )


@pytest.fixture
def policy(cast: Cast) -> None:
    """The policy for Production with limits on two metrics."""
    known = {"roc_auc": ("ROC AUC", "higher", 1.0), "ece": ("Calibration error", "lower", 0.0)}
    for name, (title, direction, ideal) in known.items():
        define_metric(actor=cast.ada, name=name, title=title, direction=direction, ideal=ideal)
    gates = [
        GateSpec("evaluation", LIMITS),
        GateSpec("model_card"),
        GateSpec("signature"),
        GateSpec("malware_scan"),
    ]
    making.production_policy(cast, gates=gates)


@pytest.fixture
def there(policy: None, cast: Cast, version: ModelVersion) -> ModelVersion:
    """The version that is in Production."""
    record_fact(version, actor=cast.mina, name="params", value={"max_depth": 6, "seed": 1})
    record_fact(version, actor=cast.mina, name="code_version", value="555c3f9")
    evaluate(version, cast.mina, roc_auc=0.871, ece=0.021)
    making.into_production(version, cast)
    return version


@pytest.fixture
def asked(there: ModelVersion, cast: Cast) -> ModelVersion:
    """The version that is asked about: better in one metric, worse in the other."""
    version = making.new_version(there.registered_model, cast.mina)
    making.write_card(version, cast.mina, "It knows support tickets now.")
    record_fact(version, actor=cast.mina, name="params", value={"max_depth": 8, "seed": 1})
    record_fact(version, actor=cast.mina, name="code_version", value="dd61a9b")
    record_fact(version, actor=cast.mina, name="trained_by", value="Mina Okafor")
    evaluate(version, cast.mina, roc_auc=0.884, ece=0.029)
    version.refresh_from_db()
    return version


def test_the_whole_page_is_read_in_few_queries(
    cast: Cast, asked: ModelVersion, there: ModelVersion, django_assert_num_queries: Any
) -> None:
    request = making.ask(asked, cast.mina)
    making.say(request, cast.remy, acknowledged_warnings=True)
    comment_on(request, actor=cast.vera, body="What about **tickets**?")
    assert cast.rita.group_names
    with django_assert_num_queries(QUERIES):
        review = load_review(request.number, user=cast.rita)
    assert cast.stan.group_names == frozenset()
    with django_assert_num_queries(QUERIES + 1):  # It says who may decide in their stead.
        load_review(request.number, user=cast.stan)
    assert (review.version.number, review.baseline and review.baseline.number) == (2, 1)
    assert review.request == request
    assert review.target == "Production"
    assert review.is_subject_current
    assert review.subject.digest == making.seen(request)


def test_the_differences_to_what_is_in_production_now(cast: Cast, asked: ModelVersion) -> None:
    found = load_review(making.ask(asked, cast.mina).number, user=cast.rita).comparison
    rows = {row.meaning.name: row for row in found.metrics}
    assert {name: (row.change, row.is_noise) for name, row in rows.items()} == {
        "roc_auc": ("better", False),
        "ece": ("worse", False),
    }
    assert rows["ece"].status == "warn"
    assert f"{rows['ece'].share_used:.2f}" == "0.83"
    assert rows["ece"].evidence is not None
    assert rows["ece"].evidence.title == "Evaluation"
    assert [(one.name, one.baseline, one.value, one.change) for one in found.params] == [
        ("max_depth", 6, 8, "changed"),
        ("seed", 1, 1, "same"),
    ]
    assert [(one.name, one.change) for one in found.facts] == [
        ("code_version", "changed"),
        ("trained_by", "added"),
    ]
    assert len(found.card) == 14
    assert [(one.path, one.change) for one in found.files] == [("model.bin", "changed")]


def test_gates_are_shown_gravest_first_and_their_warnings_need_judgement(
    cast: Cast, asked: ModelVersion
) -> None:
    review = load_review(making.ask(asked, cast.mina).number, user=cast.rita)
    assert [(one.gate, one.outcome) for one in review.gates] == [
        ("evaluation", Outcome.WARN),
        ("model_card", Outcome.PASS),
        ("signature", Outcome.PASS),
        ("malware_scan", Outcome.PASS),
    ]
    points = [(one.kind, one.title, one.words) for one in review.judgements]
    assert points == [
        (
            "metric",
            "Calibration error is worse.",
            "It rose from 0.021 to 0.029. 0.006 left to the limit. 83% of the limit is used.",
        ),
        (
            "roles",
            "Nobody outside Growth has checked v2.",
            "Mina Okafor trained it, uploaded it, wrote the card, evaluated it and asked.",
        ),
    ]


def test_who_did_what_and_that_somebody_outside_checked(cast: Cast, asked: ModelVersion) -> None:
    notes = ContentFile(b"We looked at everything.", name="notes.txt")
    review_file = attach_evidence(
        asked, actor=cast.marc, kind="security_review", title="Security review", file=notes
    )
    attest(review_file, actor=cast.remy, verdict="pass", comment="I checked the pickles.")
    claim_tag(asked, actor=cast.mina, name="security_reviewed")
    review = load_review(making.ask(asked, cast.mina).number, user=cast.rita)
    deeds = [(one.title, one.name, one.note) for one in review.involvement.deeds]
    assert deeds == [
        ("Trained", "Mina Okafor", "by the code dd61a9b"),
        ("Uploaded", "Mina Okafor", ""),
        ("Wrote the card", "Mina Okafor", "revisions 1 to 2"),
        ("Attached security review", "Marc Delacroix", ""),
        ("Attested security review", "Remy Thibault", ""),
        ("Evaluated", "Mina Okafor", "read from the report"),
        ("Asked", "Mina Okafor", ""),
    ]
    assert review.involvement.is_independent
    assert review.involvement.busiest == cast.mina
    assert [one.title for one in review.judgements if one.kind == "roles"] == [
        "One person did several things."
    ]


def standings(review: Review) -> dict[str, tuple[str, str]]:
    return {row.user.username: (row.state, row.words) for row in review.reviewers}


def test_reviewers_who_can_decide_and_why_others_cannot(
    cast: Cast, asked: ModelVersion, model: RegisteredModel
) -> None:
    making.share(model, actor=cast.marc, role="reviewer", user=cast.vera)
    making.share(model, actor=cast.marc, role="reviewer", user=cast.mina)
    request = making.ask(asked, cast.mina)
    review = load_review(request.number, user=cast.rita)
    assert standings(review) == {
        "rita": ("none", "Can decide"),
        "remy": ("none", "Can decide"),
        "mina": ("excluded", "Requester"),
        "vera": ("excluded", "Not in Risk team"),
    }
    assert [row.user.username for row in review.reviewers] == ["remy", "rita", "mina", "vera"]
    making.say(request, cast.remy, acknowledged_warnings=True)
    review = load_review(request.number, user=cast.rita)
    assert standings(review)["remy"] == ("approve", "Approved")
    assert review.headline is not None
    assert (len(review.headline.counted), review.headline.required) == (1, 2)
    assert review.would_complete


def test_a_dismissed_approval_says_what_changed_since(cast: Cast, asked: ModelVersion) -> None:
    request = making.ask(asked, cast.mina)
    making.say(request, cast.rita, acknowledged_warnings=True)
    assert load_review(request.number, user=cast.rita).since_you_looked is None
    comment_on(request, actor=cast.remy, body="Say what it must not be used for.")
    making.write_card(asked, cast.mina, "Not for credit decisions.")
    stale = load_review(request.number, user=cast.rita)
    assert not stale.is_subject_current
    refresh(request)
    review = load_review(request.number, user=cast.rita)
    assert review.is_subject_current
    assert standings(review)["rita"] == ("dismissed", "Dismissed")
    since = review.since_you_looked
    assert since is not None
    assert (since.verdict, since.counts) == ("approve", False)
    assert [change.words for change in since.changes] == [
        "The model card changed from revision 2 to 3."
    ]
    assert [(one.kind, str(one.person)) for one in since.entries] == [
        ("comment", "Remy Thibault"),
        ("card", "Mina Okafor"),
    ]
    assert [one.number for one in review.contents.cards] == [3]
    assert load_review(request.number, user=cast.remy).since_you_looked is None
    kinds = [(one.kind, one.words) for one in review.timeline]
    assert kinds == [
        ("asked", "asked to promote v2 to Production"),
        ("approve", "approved"),
        ("comment", "commented"),
        ("card", "published revision 3 of the model card"),
        (
            "dismissed",
            "dismissed an approval of Rita Sandoval, since what it was about changed",
        ),
    ]


def test_who_took_a_decision_back_can_decide_again(cast: Cast, asked: ModelVersion) -> None:
    request = making.ask(asked, cast.mina)
    decision = making.say(request, cast.rita, "request_changes")
    review = load_review(request.number, user=cast.remy)
    assert [one.decided_by for one in review.objections] == [cast.rita]
    assert not review.would_complete
    withdraw_decision(decision, actor=cast.rita, authenticated_at=timezone.now())
    review = load_review(request.number, user=cast.remy)
    assert standings(review)["rita"] == ("dismissed", "Took it back")
    assert review.objections == ()
    assert [one.kind for one in review.timeline] == ["asked", "request_changes", "taken_back"]


def allowed(review: Review) -> set[str]:
    return {action.name for action in review.actions if action.allowed}


def test_the_actions_are_those_that_the_verbs_would_accept(cast: Cast, asked: ModelVersion) -> None:
    number = making.ask(asked, cast.mina).number
    decides = {"approve", "request_changes", "reject"}
    expected = {
        "rita": decides | {"comment"},
        "mina": {"comment", "withdraw"},
        "marc": {"comment", "withdraw"},
        "vera": {"comment"},
        "otto": set(),
    }
    for who, actions in expected.items():
        review = load_review(number, user=getattr(cast, who))
        assert allowed(review) == actions, who
    refusal = load_review(number, user=cast.mina).action("approve")
    assert refusal is not None
    assert refusal.refusal is not None
    assert refusal.refusal.code == "own_request"


def test_what_a_person_may_not_see_is_not_there(cast: Cast, asked: ModelVersion) -> None:
    number = making.ask(asked, cast.mina).number
    edit_model(asked.registered_model, actor=cast.marc, visibility="restricted")
    for missing, who in ((number, cast.stan), (number + 1, cast.mina)):
        with pytest.raises(NotFound) as caught:
            load_review(missing, user=who)
        assert caught.value.code == "request_not_found"
    assert load_review(number, user=cast.otto).request.number == number


def test_an_ended_request_shows_what_it_replaced_and_what_the_gates_said(
    cast: Cast, asked: ModelVersion, django_assert_num_queries: Any
) -> None:
    request = making.ask(asked, cast.mina)
    for who in (cast.rita, cast.remy):
        making.say(request, who, acknowledged_warnings=True)
    promote(request.pk)
    request.refresh_from_db()
    assert request.state == "promoted"
    evaluate(asked, cast.marc, roc_auc=0.5)
    making.production_policy(cast, approvals_required=1)
    assert cast.vera.group_names == frozenset()
    review = load_review(request.number, user=cast.vera)
    assert review.baseline is not None
    assert review.baseline.number == 1
    assert {one.gate: one.outcome for one in review.gates}["evaluation"] is Outcome.WARN
    assert [(one.policy, one.revision, one.approvals) for one in review.requirements] == [
        ("production", 2, 2)
    ]
    assert review.is_subject_current
    assert [one.kind for one in review.timeline if one.person is None] == ["signed", "moved"]
    assert allowed(review) == {"comment"}


def test_the_first_version_of_a_stage_replaces_nothing(cast: Cast, version: ModelVersion) -> None:
    record_metric(version, actor=cast.mina, name="roc_auc", value=0.99)
    request = making.ask(version, cast.mina)
    review = load_review(request.number, user=cast.rita)
    assert review.baseline is None
    assert [(row.change, row.evidence) for row in review.comparison.metrics] == [("added", None)]
    withdraw(request, actor=cast.mina, reason="Not yet.")
    ended = load_review(request.number, user=cast.rita)
    assert ended.baseline is None
    last = ended.timeline[-1]
    assert (last.kind, last.words, str(last.person)) == (
        "withdrawn",
        "closed the request as withdrawn",
        "Mina Okafor",
    )
    assert last.at - ended.timeline[0].at < timedelta(minutes=1)
