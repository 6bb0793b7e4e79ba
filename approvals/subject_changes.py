"""What changed between two subjects, in words. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from approvals.wording import listed, number_words

Content = Mapping[str, Any]

MOST_NAMED: Final = 4
"""How many metrics or facts a sentence names before it only counts them."""
_OUTCOMES: Final = {"pass": "passes", "fail": "fails", "unattested": "waits for an attestation"}

_VERDICTS: Final = {
    "data": "all of them are data only",
    "known": "the pickles among them name only what is known",
    "unsafe": "some of them may run code",
    "inconclusive": "some of them cannot be read",
}


@dataclass(frozen=True, slots=True)
class SubjectChange:
    """One change. ``part`` is a key of the parts of a subject, ``words`` a sentence."""

    part: str
    words: str


def changes_between(old: Content, new: Content) -> list[SubjectChange]:
    """Return the changes from ``old`` to ``new``, in the order of a subject's parts."""
    finders = (
        ("artifact", _artifact),
        ("scan", _scan),
        ("conversion", _conversion),
        ("card", _card),
        ("evidence", _evidence),
        ("evidence", _tags),
        ("metrics", _metrics),
        ("facts", _facts),
        ("policies", _policies),
        ("target", _tier),
        ("replaces", _replaces),
    )
    return [SubjectChange(part, words) for part, find in finders for words in find(old, new)]


def _artifact(old: Content, new: Content) -> Iterator[str]:
    before, after = old["artifact"], new["artifact"]
    if before["manifest_digest"] != after["manifest_digest"]:
        yield "The files are others than before."
    if before["signing_key"] != after["signing_key"]:
        key = after["signing_key"]
        signed = f"signed by {key['name']}, key version {key['version']}" if key else "not signed"
        yield f"The artifact is now {signed}."


def _scan(old: Content, new: Content) -> Iterator[str]:
    # A subject of format 1 says nothing of scans.
    before, after = old.get("scan"), new.get("scan")
    if before == after or after is None:
        return
    if before is None:
        yield f"The files were scanned: {_VERDICTS[after['verdict']]}."
    elif before["verdict"] != after["verdict"]:
        yield f"A new scan says: {_VERDICTS[after['verdict']]}."
    elif before["findings_digest"] != after["findings_digest"]:
        yield "A new scan found something else in the files."
    if (before["waivers"] if before else []) != after["waivers"]:
        paths = [waiver["path"] for waiver in after["waivers"]]
        named = listed(paths[:MOST_NAMED]) + (" and others" if len(paths) > MOST_NAMED else "")
        yield f"Two people waive {named} now." if paths else "Nothing is waived any more."


def _conversion(old: Content, new: Content) -> Iterator[str]:
    # Only a converted version has it, and only its comparisons come later.
    before, after = old.get("conversion"), new.get("conversion")
    if before != after and after is not None:
        yield "It was compared with the version that it was converted from."


def _card(old: Content, new: Content) -> Iterator[str]:
    before, after = old["card"], new["card"]
    if before == after:
        return
    if before is None:
        yield f"A model card was published, revision {after['revision']}."
    elif after is None:
        yield "The model card is gone."
    else:
        yield (f"The model card changed from revision {before['revision']} to {after['revision']}.")


def _evidence(old: Content, new: Content) -> Iterator[str]:
    before = {piece["id"]: piece for piece in old["evidence"]}
    after = {piece["id"]: piece for piece in new["evidence"]}
    gone = {piece["kind"]: piece for key, piece in before.items() if key not in after}
    for key, piece in after.items():
        name = _evidence_name(piece)
        if key not in before:
            former = gone.pop(piece["kind"], None)
            yield (
                f"{_evidence_name(former)} was replaced by {name}."
                if former
                else (f"{name} was attached.")
            )
        elif before[key]["outcome"] != piece["outcome"]:
            yield f"{name} {_OUTCOMES.get(piece['outcome'], piece['outcome'])} now."
    for piece in gone.values():
        yield f"{_evidence_name(piece)} does not count any more."


def _evidence_name(piece: Content) -> str:
    title, file_name = piece["title"], piece["file_name"]
    return title if title == file_name else f"{title} ({file_name})"


def _tags(old: Content, new: Content) -> Iterator[str]:
    before = {tag["name"]: tag["evidence"] for tag in old["compliance_tags"]}
    after = {tag["name"]: tag["evidence"] for tag in new["compliance_tags"]}
    for name in sorted(after.keys() - before.keys()):
        yield f"The tag {name} was added."
    for name in sorted(before.keys() - after.keys()):
        yield f"The tag {name} does not hold any more."
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            yield f"The tag {name} rests on other evidence."


def _metrics(old: Content, new: Content) -> Iterator[str]:
    before = {_metric_name(metric): metric for metric in old["metrics"]}
    after = {_metric_name(metric): metric for metric in new["metrics"]}
    yield from _named("recorded", [n for n in after if n not in before], "metric")
    yield from _named("not counted any more", [n for n in before if n not in after], "metric")
    changed = [name for name in after if name in before and after[name] != before[name]]
    moved = [name for name in changed if after[name]["value"] != before[name]["value"]]
    for name in moved[:MOST_NAMED]:
        value, former = after[name]["value"], before[name]["value"]
        yield (
            f"{name} changed from {number_words(former, unlike=value)} "
            f"to {number_words(value, unlike=former)}."
        )
    if len(moved) > MOST_NAMED:
        yield f"{len(moved) - MOST_NAMED} more metrics changed."
    yield from _named("measured again", [n for n in changed if n not in moved], "metric")


def _metric_name(metric: Content) -> str:
    name: str = metric["name"] + (f" for {metric['slice']}" if metric["slice"] else "")
    return name + (f" on {metric['dataset']}" if metric["dataset"] else "")


def _facts(old: Content, new: Content) -> Iterator[str]:
    before, after = old["facts"], new["facts"]
    yield from _named("recorded", [n for n in after if n not in before], "fact")
    changed = [name for name in after if name in before and after[name] != before[name]]
    yield from _named("changed", changed, "fact")


def _named(what: str, names: Sequence[str], kind: str) -> Iterator[str]:
    if not names:
        return
    verb = "was" if len(names) == 1 else "were"
    if len(names) > MOST_NAMED:
        yield f"{len(names)} {kind}s {verb} {what}."
    else:
        yield f"The {kind}{'s' * (len(names) > 1)} {listed(names)} {verb} {what}."


def _policies(old: Content, new: Content) -> Iterator[str]:
    before = {one["policy"]: one["revision"] for one in old["policies"]}
    after = {one["policy"]: one["revision"] for one in new["policies"]}
    for name, revision in after.items():
        if name not in before:
            yield f"The policy {name} governs the move now."
        elif before[name] != revision:
            yield f"The policy {name} is in revision {revision} now; it was {before[name]}."
    for name in sorted(before.keys() - after.keys()):
        yield f"The policy {name} does not govern the move any more."


def _tier(old: Content, new: Content) -> Iterator[str]:
    before, after = old["model"]["risk_tier"], new["model"]["risk_tier"]
    if before != after:
        yield f"The model is in risk tier {after} now; it was {before}."
    if old["target"] != new["target"]:
        yield f"The target is {new['target']} now."


def _replaces(old: Content, new: Content) -> Iterator[str]:
    before, after, target = old["replaces"], new["replaces"], new["target"]
    if (before and before["id"]) == (after and after["id"]):
        return
    there = f"v{after['number']} is in {target} now" if after else f"{target} is empty now"
    was = f"v{before['number']} was" if before else "it was empty"
    yield f"{there}; {was}."
