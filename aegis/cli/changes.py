"""How a command ends that changed something: what was done and read back, and what undoes it."""

from collections.abc import Sequence
from dataclasses import dataclass

from aegis.cli.output import tell
from aegis.problems import NotFound
from aegis.sdk import ModelRegistry, Version


@dataclass(frozen=True, slots=True)
class ReadBack:
    """One thing that was asked of the registry again after the change."""

    passed: bool
    sentence: str

    def to_json(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {"passed": self.passed, "sentence": self.sentence}


def print_change(
    *,
    plan: Sequence[str],
    changes: Sequence[str],
    verification: Sequence[ReadBack],
    rollback: str,
    summary: str,
) -> None:
    """Print the five parts, each under its heading."""
    checks = [f"{'ok  ' if one.passed else 'FAIL'}  {one.sentence}" for one in verification]
    parts = {
        "Plan": plan,
        "Changes": changes,
        "Verification": checks,
        "Rollback": [rollback],
        "Summary": [summary],
    }
    for heading, lines in parts.items():
        tell(heading)
        for line in lines:
            tell(f"  {line}")


def read_back(there: ModelRegistry, version: Version, *, sign_key: str | None) -> list[ReadBack]:
    """Ask the registry again for a version that was brought in: digest, signature, provenance."""
    found = there.show(version.model, version.number)
    is_same = found.digest == version.digest
    if found.state != "ready":
        return [ReadBack(is_same, f"{found.name} is {found.state}, and its files are on their way")]
    checks = [ReadBack(is_same, f"{found.name} is ready, with the digest {found.digest}")]
    signature = found.document["signature"]
    if signature is None:
        checks.append(ReadBack(passed=False, sentence="it bears no signature that holds"))
    else:
        key = signature["key_name"]
        is_wanted = version.already_registered or sign_key in {None, key}
        checks.append(ReadBack(is_wanted, f"signed by {key} v{signature['key_version']}"))
    return [*checks, _origin(there, version)]


def _origin(there: ModelRegistry, version: Version) -> ReadBack:
    found = (version.job.found if version.job else None) or {}
    try:
        recorded = there.provenance(version.model, version.number)
    except NotFound as refusal:
        return ReadBack(version.already_registered, refusal.sentence)
    is_same = recorded["identity"] == found.get("identity")
    copy = "a complete copy" if recorded["is_complete"] else "a partial copy"
    sentence = f"comes from {recorded['shown']}, {copy}"
    return ReadBack(is_same or version.already_registered, sentence)
