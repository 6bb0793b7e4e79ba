"""Why a version may not be asked for, rolled back to or archived, as the refusal that says so."""

from collections.abc import Collection, Sequence

from aegis.problems import Conflict, Forbidden, Refusal
from approvals.machine import stage_move
from approvals.models import PolicyRevision, PromotionRequest
from approvals.states import TransitionKind
from registry.comparisons import why_not_like_its_parent
from registry.models import ModelVersion, Stage, VersionState
from registry.permissions import (
    CONTRIBUTE,
    MAINTAIN,
    REVIEW,
    VIEW,
    lacking,
    model_not_found,
    who_can,
)
from registry.recalled_bytes import why_recalled
from registry.scan_coverage import why_blocked


def why_not_ask(
    version: ModelVersion,
    target: str,
    *,
    held: Collection[str],
    policies: Sequence[PolicyRevision],
    under_way: PromotionRequest | None,
) -> Refusal | None:
    """Refuse to ask for a stage that the version cannot come to, or that is asked for already."""
    return (
        _why_lacking(version, CONTRIBUTE, held)
        or why_not_usable(version)
        or _why_not_that_way(version, target)
        or _why_not_twice(version, target, under_way)
        or _why_not_governed(version, target, policies)
    )


def why_not_attester(version: ModelVersion, *, has_attested: bool) -> Refusal | None:
    """Refuse to ask to somebody on whose word the version's evidence rests."""
    if not has_attested:
        return None
    return Forbidden(
        "own_attestation",
        f"You attested evidence of {_name(version)}, so you cannot ask for its promotion.",
        mend=who_can(CONTRIBUTE, version.registered_model),
    )


def why_not_roll_back(
    version: ModelVersion, *, held: Collection[str], was_in_production: bool
) -> Refusal | None:
    """Refuse to roll back to what was never in Production, is there, or was taken away."""
    return (
        _why_not_staff(version, held, "roll it back")
        or why_not_usable(version)
        or why_not_known_good(version, was_in_production=was_in_production)
    )


def why_not_known_good(version: ModelVersion, *, was_in_production: bool) -> Refusal | None:
    """Refuse a version that was never in Production, or is there now."""
    name = _name(version)
    if version.stage == Stage.PRODUCTION:
        return Conflict("already_in_stage", f"{name} is in Production now.")
    if not was_in_production:
        return Conflict(
            "never_in_production",
            f"{name} was never in Production, so nobody rolls back to it.",
            mend="A promotion can be asked for.",
        )
    if stage_move(TransitionKind.ROLLBACK, version.stage, Stage.PRODUCTION) is None:
        return Conflict("stage_order", f"{name} is in {version.stage}, so it is promoted instead.")
    return None


def why_not_archive(version: ModelVersion, *, held: Collection[str]) -> Refusal | None:
    """Refuse to archive what never became ready, or is archived."""
    if refusal := _why_lacking(version, MAINTAIN, held) or _why_not_ready(version):
        return refusal
    if version.stage == Stage.ARCHIVED:
        return Conflict("already_in_stage", f"{_name(version)} is archived already.")
    return None


def why_not_recall(version: ModelVersion, *, held: Collection[str]) -> Refusal | None:
    """Refuse to recall what never became ready, or was recalled before."""
    if refusal := _why_not_staff(version, held, "recall its versions") or _why_not_ready(version):
        return refusal
    if version.recalled_at is not None:
        return Conflict("version_recalled", f"{_name(version)} was recalled already.")
    return None


def why_not_usable(version: ModelVersion) -> Refusal | None:
    """Refuse what is not ready, quarantined or recalled: it is not put into use."""
    if refusal := _why_not_ready(version):
        return refusal
    if version.recalled_at is not None:
        return Conflict(
            "version_recalled",
            f"{_name(version)} was recalled, which nobody takes back.",
            mend="Use another version, or add one.",
        )
    if version.quarantined_at is not None:
        return Conflict(
            "version_quarantined",
            f"{_name(version)} is in quarantine.",
            mend="Its page says what holds it back, and what would mend it.",
            url=f"/models/{version.registered_model.name}/versions/{version.number}/",
        )
    return None


def why_held_back(version: ModelVersion) -> Refusal | None:
    """Refuse what is about to be held back: its waiver ended, or the same files were recalled.

    So is a converted version that nothing shows to do what its parent does. Two queries and more,
    so ask it last.
    """
    return why_recalled(version) or why_blocked(version) or why_not_like_its_parent(version)


def _why_not_ready(version: ModelVersion) -> Refusal | None:
    if version.state == VersionState.PENDING:
        return Conflict(
            "version_pending",
            f"{_name(version)} is still importing.",
            mend="Wait until it is ready, signed and all.",
        )
    if version.state == VersionState.FAILED:
        return Conflict(
            "version_failed",
            f"The import of {_name(version)} failed, so there is nothing to move.",
            mend="Whoever contributes to the model can have it tried again.",
        )
    return None


def _why_not_that_way(version: ModelVersion, target: str) -> Refusal | None:
    name = _name(version)
    if version.stage == target:
        return Conflict("already_in_stage", f"{name} is in {target} already.")
    if version.stage == Stage.ARCHIVED:
        return Conflict(
            "version_archived",
            f"{name} is archived, so nobody asks for it again.",
            mend="A version that was in Production can be rolled back to.",
        )
    if stage_move(TransitionKind.PROMOTION, version.stage, target) is None:
        return Conflict("stage_order", f"{name} does not go from {version.stage} to {target}.")
    return None


def _why_not_twice(
    version: ModelVersion, target: str, under_way: PromotionRequest | None
) -> Refusal | None:
    if under_way is None:
        return None
    return Conflict(
        "request_under_way",
        f"Request {under_way.number} asks for {_name(version)} in {target} already.",
        mend="It can be withdrawn by whoever asked.",
        details={"number": under_way.number},
    )


def _why_not_governed(
    version: ModelVersion, target: str, policies: Sequence[PolicyRevision]
) -> Refusal | None:
    if policies:
        return None
    model = version.registered_model
    return Conflict(
        "no_policy",
        f"No policy governs moves of {model.name} (tier {model.risk_tier}) to {target}, "
        "so it cannot be asked for.",
        mend="An administrator can publish a policy.",
    )


def _why_not_staff(version: ModelVersion, held: Collection[str], deed: str) -> Refusal | None:
    model = version.registered_model
    if VIEW not in held:
        return model_not_found(model.name)
    if MAINTAIN in held or REVIEW in held:
        return None
    return Forbidden(
        "permission_missing",
        f"Only maintainers and reviewers of {model.name} {deed}.",
        mend=f"{who_can(MAINTAIN, model)} {who_can(REVIEW, model)}",
        details={"permission": MAINTAIN},
    )


def _why_lacking(version: ModelVersion, short: str, held: Collection[str]) -> Refusal | None:
    model = version.registered_model
    if VIEW not in held:
        return model_not_found(model.name)
    return None if short in held else lacking(short, model)


def _name(version: ModelVersion) -> str:
    return f"v{version.number}"
