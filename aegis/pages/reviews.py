"""A review as its page draws it. Pure, over what ``approvals.review`` loaded."""

from dataclasses import dataclass
from typing import Final

from aegis.pages.changes import Changes, changes
from aegis.pages.decision_panel import Panel, given_words, panel
from aegis.pages.discussion import Mark, marks
from aegis.pages.forms.of_review import ReviewForms
from aegis.pages.gate_lines import GateLine, gate_line
from aegis.pages.statuses import outcome_words, worst
from approvals.gates import blocking, warnings
from approvals.judgements import Judgement
from approvals.review import Review
from approvals.states import RequestState
from approvals.wording import listed
from registry.permissions import CONTRIBUTE, REVIEW

_ANCHORS: Final = {"gate": "gate-{}", "metric": "metrics", "roles": "people"}
_NUMBERS: Final = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
_USE_LENGTH: Final = 240


@dataclass(frozen=True, slots=True)
class Glance:
    """One of the four claims at the top, with the place that shows it."""

    label: str
    anchor: str
    status: str
    icon: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that a person must judge, with the place that shows it."""

    judgement: Judgement
    anchor: str


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """What the template draws. ``review`` itself is drawn from too."""

    review: Review
    forms: ReviewForms
    title: str
    model_path: str
    version_path: str
    standing_status: str
    standing_words: str
    glances: tuple[Glance, ...]
    points: tuple[Point, ...]
    points_words: str
    purpose: str
    changes: Changes
    gates: tuple[GateLine, ...]
    gate_words: str
    warned: tuple[GateLine, ...]
    marks: tuple[Mark, ...]
    panel: Panel
    back: str

    @property
    def name(self) -> str:
        """Return what the page is called in the way to it."""
        return f"Review {self.review.request.number}"

    @property
    def may_redact(self) -> bool:
        """Say whether this person may propose to take out what somebody wrote."""
        return bool(self.review.record.held & {CONTRIBUTE, REVIEW})


def review_page(review: Review, forms: ReviewForms, *, back: str = "") -> ReviewPage:
    """Shape ``review`` for its page, with the forms on it; they lead ``back`` if that is given."""
    name, number = review.version.model_name, review.version.number
    lines = tuple(gate_line(one, model=name, version=number) for one in review.gates)
    warned = {id(one) for one in warnings(review.gates)}
    points = tuple(Point(one, _anchor(one)) for one in review.judgements)
    status, words = _standing(review)
    return ReviewPage(
        review=review,
        forms=forms,
        title=f"{name} {review.version.name} to {review.target}",
        model_path=f"/models/{name}/",
        version_path=f"/models/{name}/versions/{number}/",
        standing_status=status,
        standing_words=words,
        glances=(_metrics(review), _gates(review), _approvals(review), _contents(review)),
        points=points,
        points_words=_points_words(len(points), review),
        purpose=_purpose(review),
        changes=changes(review.comparison, baseline=_baseline(review)),
        gates=lines,
        gate_words=outcome_words(one.outcome for one in review.gates),
        warned=tuple(line for line in lines if id(line.outcome) in warned),
        marks=tuple(marks(review.timeline)),
        panel=panel(review),
        back=back,
    )


def _baseline(review: Review) -> str:
    return review.baseline.name if review.baseline else ""


def _anchor(judgement: Judgement) -> str:
    return _ANCHORS[judgement.kind].format(judgement.subject.replace("_", "-"))


def _points_words(count: int, review: Review) -> str:
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    things, need = ("thing", "needs") if count == 1 else ("things", "need")
    if not review.request.is_under_way:
        return f"{number} {things} to judge"
    action = review.action("request_changes")
    whose = "your" if action is not None and action.allowed else "a reviewer’s"
    return f"{number} {things} {need} {whose} judgement"


def _standing(review: Review) -> tuple[str, str]:
    """Return status and words of the pill beside the title; empty words: the state's own."""
    if review.request.state != RequestState.OPEN:
        return "", ""
    if review.objections:
        return "warn", "Changes requested"
    action = review.action("request_changes")
    if action is not None and action.allowed:
        return "open", "Needs your review"
    return "open", "Waits for reviewers"


def _metrics(review: Review) -> Glance:
    rows = review.comparison.metrics
    place = ("Metrics", "metrics")
    if not any(row.value for row in rows):
        return Glance(*place, "idle", "idle", "None measured", "No report, nothing stated")
    past = [row for row in rows if row.status == "fail"]
    near = [row for row in rows if row.status == "warn"]
    worse = [row for row in rows if row.change == "worse"]
    status = "fail" if past else "warn" if near or worse else "pass"
    if review.baseline is None:
        value = f"{len(rows)} measured"
    else:
        better = sum(row.change == "better" for row in rows)
        value = f"{better} better, {len(worse)} worse"
    if past:
        note = f"{listed([row.meaning.title for row in past])} past the limit"
    elif near:
        note = f"{listed([row.meaning.title for row in near])} near the limit"
    else:
        note = "All inside their limits" if any(row.limit for row in rows) else "No limit is set"
        same = sum(row.change == "same" for row in rows)
        note = f"{same} the same. {note}" if same else note
    return Glance(*place, status, status, value, note)


def _gates(review: Review) -> Glance:
    outcomes = [str(one.outcome) for one in review.gates]
    grave = worst(outcomes)
    failing = blocking(review.gates)
    warned = warnings(review.gates)
    if failing:
        note = f"{listed([one.title for one in failing])} blocks approval"
    elif warned:
        note = f"Read {listed([one.title for one in warned])}"
    else:
        note = "None failing"
    status = "fail" if grave in {"fail", "error"} else grave
    return Glance("Gates", "gates", status, status, outcome_words(outcomes), note)


def _approvals(review: Review) -> Glance:
    tally = review.headline
    place = ("Approvals", "reviewers")
    if tally is None or not tally.required:
        return Glance(*place, "pass", "pass", "None needed", "The gates alone decide")
    value = given_words(review).removesuffix(" approvals")
    if review.objections:
        names = listed([str(one.decided_by) for one in review.objections])
        return Glance(*place, "warn", "warn", value, f"{names} objected")
    if not tally.missing:
        return Glance(*place, "pass", "pass", value, "Complete")
    action = review.action("request_changes")
    mine = review.would_complete and action is not None and action.allowed
    whom = listed(getattr(tally.policy, "team_names", ()), "or") or "any reviewer"
    note = "Yours would complete it" if mine else f"{tally.missing} more from {whom}"
    return Glance(*place, "open", "open", value, note)


def _contents(review: Review) -> Glance:
    cards, evidence = review.contents.cards, review.contents.evidence
    changed = [word for word, what in (("Card", cards), ("Evidence", evidence)) if what]
    if not changed:
        return Glance(
            "Contents", "changes", "pass", "file", "As asked", "Card, evidence and files unchanged"
        )
    value = f"{listed(changed).capitalize()} changed"
    return Glance(
        "Contents", "discussion", "warn", "file", value, "Since the request. Files are the same"
    )


def _purpose(review: Review) -> str:
    """Return the beginning of what the card says the model decides."""
    card = review.version.card
    words = " ".join(card.sections.get("business_use", "").split()) if card else ""
    return words if len(words) <= _USE_LENGTH else f"{words[:_USE_LENGTH].rsplit(' ', 1)[0]} …"
