import pytest

from aegis.problems import Conflict, Forbidden, Invalid, Refusal
from approvals.archiving import archive
from approvals.models import RequestState
from registry.models import ModelVersion, RegisteredModel
from registry.versions import create_version
from tests.approvals import making
from tests.cast import Cast


def refused(code: str, kind: type[Refusal], version: ModelVersion, **asked: object) -> None:
    with pytest.raises(kind) as caught:
        archive(version, **{"reason": "Nobody uses it.", **asked})  # type: ignore[arg-type]
    assert caught.value.code == code


@pytest.mark.parametrize("stage", ["None", "Staging", "Production"])
def test_a_maintainer_archives_from_every_stage(
    cast: Cast, version: ModelVersion, stage: str
) -> None:
    if stage == "Staging":
        making.into_staging(version, cast)
    elif stage == "Production":
        making.into_production(version, cast)
    before = making.last_entry()
    moved = archive(version, actor=cast.marc, reason="Nobody uses it.")
    version.refresh_from_db()
    assert version.stage == "Archived"
    assert (moved.kind, moved.source, moved.reason) == ("archive", stage, "Nobody uses it.")
    ((action, actor, data),) = making.recorded(before)
    assert (action, actor) == ("version:archived", "marc")
    assert (data["source"], data["target"]) == (stage, "Archived")


def test_requests_about_it_become_stale(cast: Cast, version: ModelVersion) -> None:
    request = making.ask(version, cast.mina)
    archive(version, actor=cast.marc, reason="Nobody uses it.")
    request.refresh_from_db()
    assert (request.state, request.outcome) == (RequestState.STALE, "v1 was archived.")


def test_requests_that_would_have_replaced_it_become_stale(
    cast: Cast, version: ModelVersion
) -> None:
    making.into_production(version, cast)
    request = making.ask(making.new_version(version.registered_model, cast.mina), cast.mina)
    archive(version, actor=cast.marc, reason="Nobody uses it.")
    request.refresh_from_db()
    assert request.state == RequestState.STALE
    assert request.outcome.startswith("v1 left Production meanwhile.")


@pytest.mark.parametrize("who", ["mina", "rita", "ada", "otto", "ci_growth"])
def test_others_do_not_archive(cast: Cast, version: ModelVersion, who: str) -> None:
    refused("permission_missing", Forbidden, version, actor=getattr(cast, who))


def test_what_cannot_be_archived(cast: Cast, model: RegisteredModel, version: ModelVersion) -> None:
    refused("text_empty", Invalid, version, actor=cast.marc, reason="")
    archive(version, actor=cast.marc, reason="Nobody uses it.")
    refused("already_in_stage", Conflict, version, actor=cast.marc)
    pending = create_version(model, actor=cast.mina, source="upload")
    refused("version_pending", Conflict, pending, actor=cast.marc)
