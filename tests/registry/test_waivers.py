"""Waivers: what two people together may let through, and what nobody can."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aegis.events.models import Notification
from aegis.events.outbox import dispatch
from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal
from registry.models import ModelVersion, ScanWaiver
from registry.sharing import share
from registry.waiver_lists import waivers_for
from registry.waivers import (
    approve_waiver,
    decline_waiver,
    propose_waiver,
    revoke_waiver,
    waivers_of,
    withdraw_waiver,
)
from tests import recorded
from tests.cast import Cast
from tests.registry import making, scanning
from tests.registry.scanning import rescan

pytestmark = pytest.mark.django_db


@pytest.fixture
def held_back(version: ModelVersion) -> ModelVersion:
    """A version of mina's in quarantine over a pickle with a global that is not on the list."""
    rescan(version, scanning.unknown(version))
    return version


def said(**changes: Any) -> dict[str, Any]:
    return {
        "path": "config.json",
        "reason": "Gate is forty lines of arithmetic.",
        "expires_at": timezone.now() + timedelta(days=30),
        **changes,
    }


def agree(waiver: ScanWaiver, person: Any, **changes: Any) -> Any:
    return approve_waiver(waiver, actor=person, **{"authenticated_at": timezone.now(), **changes})


def test_two_people_let_a_version_out_and_both_are_named(
    cast: Cast, held_back: ModelVersion
) -> None:
    since = recorded.last()
    before = held_back.subject_revision

    waiver = propose_waiver(held_back, actor=cast.marc, **said())
    held_back.refresh_from_db()
    assert held_back.quarantined_at is not None
    answer = agree(waiver, cast.rita, comment="I read its source.")

    held_back.refresh_from_db()
    assert held_back.quarantined_at is None
    assert held_back.subject_revision == before + 1
    about = {
        "number": 1,
        "version": str(held_back.pk),
        "sha256": waiver.sha256,
        "ruleset": scanning.RULESET,
        "expires_at": waiver.expires_at.isoformat(),
    }
    proposed, approved, lifted = recorded.recorded(since)
    assert proposed == ("waiver:proposed", str(waiver.pk), about)
    moment = {"authenticated_at": answer.authenticated_at.isoformat()}
    assert approved == ("waiver:approved", str(waiver.pk), about | moment)
    assert lifted[0] == "version:quarantine_lifted"
    because = held_back.quarantines.get().lifted_because
    assert because.startswith("Marc Delacroix and Rita Sandoval waive config.json until ")
    (kept,) = waivers_of(held_back)
    assert kept.is_agreed
    assert not kept.is_waiting


@pytest.mark.parametrize(
    ("kind", "code"),
    [("dangerous", "cannot_be_waived"), ("file", "nothing_to_waive")],
)
def test_what_runs_a_program_and_what_is_clean_is_not_waived(
    cast: Cast, version: ModelVersion, kind: str, code: str
) -> None:
    other = scanning.unknown(version, "model/weights.bin")
    rescan(version, getattr(scanning, kind)(version), other)

    recorded.refused(Conflict, code, propose_waiver, version, actor=cast.marc, **said())

    # The other file can be: the same person, the same moment.
    propose_waiver(version, actor=cast.marc, **said(path="model/weights.bin"))


def test_what_cannot_be_read_can_be_waived(cast: Cast, version: ModelVersion) -> None:
    rescan(version, scanning.unreadable(version))

    agree(propose_waiver(version, actor=cast.marc, **said()), cast.rita)

    version.refresh_from_db()
    assert version.quarantined_at is None


@pytest.mark.parametrize(
    ("changes", "kind", "code"),
    [
        ({"path": "nothing.pkl"}, NotFound, "file_not_scanned"),
        ({"reason": "  "}, Invalid, "text_empty"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, Invalid, "waiver_date_invalid"),
        ({"expires_at": timezone.now() + timedelta(days=181)}, Invalid, "waiver_date_invalid"),
    ],
)
def test_a_proposal_says_which_file_why_and_until_when(
    cast: Cast, held_back: ModelVersion, changes: Any, kind: type[Refusal], code: str
) -> None:
    recorded.refused(kind, code, propose_waiver, held_back, actor=cast.marc, **said(**changes))
    propose_waiver(held_back, actor=cast.marc, **said())


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("mina", Forbidden, "own_version"),
        ("ci_growth", Forbidden, "service_account"),
        ("vera", Forbidden, "permission_missing"),
        ("ada", Forbidden, "permission_missing"),
        ("otto", Forbidden, "permission_missing"),
    ],
)
def test_who_does_not_propose(
    cast: Cast, held_back: ModelVersion, name: str, kind: type[Refusal], code: str
) -> None:
    recorded.refused(kind, code, propose_waiver, held_back, actor=getattr(cast, name), **said())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("marc", "own_waiver"),
        ("mina", "permission_missing"),
        ("ci_growth", "permission_missing"),
        ("vera", "permission_missing"),
        ("otto", "permission_missing"),
    ],
)
def test_who_does_not_agree(cast: Cast, held_back: ModelVersion, name: str, code: str) -> None:
    waiver = propose_waiver(held_back, actor=cast.marc, **said())

    recorded.refused(
        Forbidden, code, agree, waiver, getattr(cast, name), authenticated_at=timezone.now()
    )

    agree(waiver, cast.rita)


def test_the_uploader_agrees_to_nothing_even_as_a_reviewer(
    cast: Cast, held_back: ModelVersion
) -> None:
    share(held_back.registered_model, actor=cast.marc, role="reviewer", user=cast.mina)
    waiver = propose_waiver(held_back, actor=cast.marc, **said())

    recorded.refused(Forbidden, "own_version", agree, waiver, cast.mina)


def test_two_accounts_of_one_person_are_one_person(cast: Cast, held_back: ModelVersion) -> None:
    cast.rita.same_person_as = cast.marc
    cast.rita.save()
    waiver = propose_waiver(held_back, actor=cast.marc, **said())

    recorded.refused(Forbidden, "own_waiver", agree, waiver, cast.rita)

    agree(waiver, cast.remy)


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (None, "human_session_required"),
        (timezone.now() - timedelta(minutes=16), "reauthentication_required"),
    ],
)
def test_agreeing_takes_somebody_who_is_there(
    cast: Cast, held_back: ModelVersion, moment: Any, code: str
) -> None:
    waiver = propose_waiver(held_back, actor=cast.marc, **said())

    recorded.refused(Forbidden, code, agree, waiver, cast.rita, authenticated_at=moment)


def test_a_waiver_is_proposed_once_and_answered_once(cast: Cast, held_back: ModelVersion) -> None:
    waiver = propose_waiver(held_back, actor=cast.marc, **said())
    recorded.refused(
        Conflict, "waiver_proposed", propose_waiver, held_back, actor=cast.remy, **said()
    )
    agree(waiver, cast.rita)

    recorded.refused(Conflict, "waiver_answered", agree, waiver, cast.remy)
    recorded.refused(
        Conflict, "waiver_answered", decline_waiver, waiver, actor=cast.remy, comment="No."
    )
    recorded.refused(Conflict, "waiver_answered", withdraw_waiver, waiver, actor=cast.marc)
    recorded.refused(
        Conflict, "waiver_in_force", propose_waiver, held_back, actor=cast.remy, **said()
    )


def test_a_declined_waiver_covers_nothing_and_can_be_proposed_anew(
    cast: Cast, held_back: ModelVersion
) -> None:
    waiver = propose_waiver(held_back, actor=cast.marc, **said())
    recorded.refused(Invalid, "text_empty", decline_waiver, waiver, actor=cast.rita, comment=" ")
    recorded.refused(
        Forbidden, "own_waiver", decline_waiver, waiver, actor=cast.marc, comment="No."
    )

    decline_waiver(waiver, actor=cast.rita, comment="Nobody knows who wrote it.")

    held_back.refresh_from_db()
    assert held_back.quarantined_at is not None
    propose_waiver(held_back, actor=cast.marc, **said(reason="Now we know who wrote it."))


def test_a_proposal_is_taken_back_by_whoever_made_it(cast: Cast, held_back: ModelVersion) -> None:
    waiver = propose_waiver(held_back, actor=cast.marc, **said())
    recorded.refused(Forbidden, "not_your_waiver", withdraw_waiver, waiver, actor=cast.rita)

    withdraw_waiver(waiver, actor=cast.marc)

    recorded.refused(Conflict, "waiver_answered", agree, waiver, cast.rita)


def test_a_waiver_that_is_ended_puts_the_version_back_at_once(
    cast: Cast, held_back: ModelVersion
) -> None:
    waiver = propose_waiver(held_back, actor=cast.marc, **said())
    recorded.refused(
        Conflict, "waiver_not_in_force", revoke_waiver, waiver, actor=cast.rita, comment="No."
    )
    agree(waiver, cast.rita)
    recorded.refused(
        Forbidden, "permission_missing", revoke_waiver, waiver, actor=cast.mina, comment="No."
    )

    revoke_waiver(waiver, actor=cast.remy, comment="Its author left the company.")

    held_back.refresh_from_db()
    assert held_back.quarantined_at is not None
    recorded.refused(
        Conflict, "waiver_not_in_force", revoke_waiver, waiver, actor=cast.rita, comment="Again."
    )


@pytest.mark.parametrize("kind", ["another ruleset", "another finding", "grown dangerous"])
def test_a_waiver_ends_with_the_scan_that_it_is_about(
    cast: Cast, held_back: ModelVersion, kind: str
) -> None:
    agree(propose_waiver(held_back, actor=cast.marc, **said()), cast.rita)

    found = scanning.dangerous if kind == "grown dangerous" else scanning.unknown
    ruleset = "aegis-2 test" if kind == "another ruleset" else scanning.RULESET
    more = [scanning.unknown(held_back, "model/weights.bin")] if kind == "another finding" else []
    rescan(held_back, found(held_back), *more, ruleset=ruleset)

    assert held_back.quarantined_at is not None


def test_a_proposal_that_the_next_scan_outdated_is_not_agreed_to(
    cast: Cast, held_back: ModelVersion
) -> None:
    waiver = propose_waiver(held_back, actor=cast.marc, **said())
    rescan(held_back, scanning.unknown(held_back), ruleset="aegis-2 test")

    recorded.refused(Conflict, "waiver_outdated", agree, waiver, cast.rita)


def test_all_files_that_block_need_a_waiver(cast: Cast, version: ModelVersion) -> None:
    rescan(version, scanning.unknown(version), scanning.unknown(version, "model/weights.bin"))
    agree(propose_waiver(version, actor=cast.marc, **said()), cast.rita)
    version.refresh_from_db()
    assert version.quarantined_at is not None

    agree(propose_waiver(version, actor=cast.marc, **said(path="model/weights.bin")), cast.rita)

    version.refresh_from_db()
    assert version.quarantined_at is None


def test_the_same_file_in_another_version_is_not_covered(
    cast: Cast, held_back: ModelVersion
) -> None:
    agree(propose_waiver(held_back, actor=cast.marc, **said()), cast.rita)

    other = making.new_version(held_back.registered_model, cast.mina)
    rescan(other, scanning.unknown(other))

    assert other.quarantined_at is not None


def test_who_can_answer_is_asked_and_whom_it_concerns_is_told(
    cast: Cast, held_back: ModelVersion
) -> None:
    waiver = propose_waiver(held_back, actor=cast.marc, **said())
    dispatch()
    asked = Notification.objects.filter(kind="waiver:proposed").select_related("user")
    assert {row.user for row in asked} == {cast.rita, cast.remy}
    assert {row.url for row in asked} == {
        f"/models/churn-predictor/versions/1/scan/waivers/{waiver.pk}/"
    }

    agree(waiver, cast.rita, comment="I read its source.")
    dispatch()

    told = Notification.objects.filter(kind="waiver:approved").select_related("user")
    assert {(row.user, row.body) for row in told} == {
        (cast.marc, "I read its source."),
        (cast.mina, "I read its source."),
    }


def test_a_proposal_waits_for_those_who_can_answer_it(cast: Cast, held_back: ModelVersion) -> None:
    waiver = propose_waiver(held_back, actor=cast.marc, **said())

    for person, waits in (
        (cast.rita, [waiver]),
        (cast.marc, []),
        (cast.mina, []),
        (cast.vera, []),
        (cast.otto, []),
        (cast.ci_growth, []),
    ):
        assert list(waivers_for(person)) == waits
    agree(waiver, cast.rita)
    assert not waivers_for(cast.remy)
