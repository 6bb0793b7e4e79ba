"""What the database lets through of redactions, to somebody who speaks SQL as the application."""

from typing import Any

import pytest
from django.utils import timezone

from aegis.keys import new_key
from registry.cards_publishing import publish_card
from registry.models import CardRevision, ModelVersion, Redaction
from registry.redacting import run_job
from tests.approvals.attacks import insert, refused, run
from tests.cast import Cast
from tests.registry import making
from tests.registry.redacting import agree, propose

pytestmark = pytest.mark.django_db

STAYS = "is never changed or removed"
EMPTY = "sections = '{}'::jsonb"


@pytest.fixture
def card(cast: Cast, version: ModelVersion) -> CardRevision:
    return publish_card(version, actor=cast.mina, sections={"overview": "Anna."}, based_on=0)


def proposed(version: ModelVersion, person: Any, target: object, **changes: Any) -> Any:
    """Add a proposal by SQL, and return its key."""
    said = {
        "id": new_key(),
        "version_id": version.pk,
        "kind": "card_revision",
        "target": str(target),
        "salt": "",
        "digest": "0" * 64,
        "reason_code": "secret",
        "reason": "Why",
        "proposed_by_id": person.pk,
        "proposed_at": timezone.now(),
        **changes,
    }
    insert("registry_redaction", said)
    return said["id"]


def decided(redaction: Any, person: Any, **changes: Any) -> None:
    """Add the word about a proposal by SQL."""
    said = {
        "redaction_id": redaction,
        "verdict": "approve",
        "comment": "",
        "decided_by_id": person.pk,
        "decided_at": timezone.now(),
        "authenticated_at": timezone.now(),
        **changes,
    }
    insert("registry_redactiondecision", said)


def bury(card: CardRevision, redaction: Any, words: str = EMPTY) -> None:
    run(
        f"UPDATE registry_cardrevision SET {words}, redaction_id = %s WHERE id = %s",
        redaction,
        card.pk,
    )


def test_a_row_becomes_its_tombstone_once_two_people_stand_by_it(
    cast: Cast, version: ModelVersion, card: CardRevision
) -> None:
    redaction = proposed(version, cast.mina, card.pk)
    with refused(STAYS):
        bury(card, redaction)
    decided(redaction, cast.rita)

    for words in (
        "sections = sections",
        'sections = \'{"overview": "Better"}\'::jsonb',
        f"{EMPTY}, digest = repeat('0', 64)",
        f"{EMPTY}, number = 7",
        f"{EMPTY}, published_by_id = gen_random_uuid()",
        f"{EMPTY}, published_at = now()",
        f"{EMPTY}, version_id = gen_random_uuid()",
    ):
        with refused(f"{STAYS}|permission denied"):
            bury(card, redaction, words)
    with refused(STAYS):
        run(f"UPDATE registry_cardrevision SET {EMPTY}")
    bury(card, redaction)

    with refused(STAYS):  # Not back, not again, not under another reason.
        run("UPDATE registry_cardrevision SET redaction_id = NULL")
    with refused(STAYS):
        run('UPDATE registry_cardrevision SET sections = \'{"overview": "x"}\'::jsonb')
    again = proposed(version, cast.mina, card.pk)
    decided(again, cast.rita)
    with refused(STAYS):
        bury(card, again)


def test_another_row_and_another_kind_stay(
    cast: Cast, version: ModelVersion, card: CardRevision
) -> None:
    other = publish_card(version, actor=cast.mina, sections={"overview": "More."}, based_on=1)
    for_other = proposed(version, cast.mina, other.pk)
    as_evidence = proposed(version, cast.mina, card.pk, kind="evidence")
    elsewhere = making.new_version(making.new_model(cast, "other"), cast.mina)
    of_other = proposed(elsewhere, cast.mina, card.pk)
    for redaction in (for_other, as_evidence, of_other):
        decided(redaction, cast.rita)
        with refused(STAYS):
            bury(card, redaction)


def test_two_people_are_two_people(cast: Cast, version: ModelVersion, card: CardRevision) -> None:
    redaction = proposed(version, cast.mina, card.pk)
    with refused("Somebody else than the proposer"):
        decided(redaction, cast.mina)
    cast.marc.same_person_as = cast.mina
    cast.marc.save()
    with refused("Somebody else than the proposer"):
        decided(redaction, cast.marc)
    with refused("people's word"):
        decided(redaction, cast.ci_growth)
    with refused("people's word"):
        proposed(version, cast.ci_growth, card.pk)
    with refused("Only whoever proposed"):
        decided(redaction, cast.rita, verdict="withdraw")
    with refused("approved_by_somebody_present"):
        decided(redaction, cast.rita, authenticated_at=None)
    with refused("no_without_a_comment"):
        decided(redaction, cast.rita, verdict="decline")
    decided(redaction, cast.rita, verdict="decline", comment="No.")
    with refused("duplicate key"):
        decided(redaction, cast.remy)
    with refused(STAYS):
        bury(card, redaction)


@pytest.mark.parametrize("column", ["reason", "target", "digest", "proposed_by_id", "kind"])
def test_what_was_said_does_not_change(
    cast: Cast, version: ModelVersion, card: CardRevision, column: str
) -> None:
    decided(proposed(version, cast.mina, card.pk), cast.rita)
    with refused("permission denied"):
        run(f"UPDATE registry_redaction SET {column} = {column}")
    for table in ("registry_redaction", "registry_redactiondecision"):
        with refused("permission denied"):
            run(f"DELETE FROM {table}")
    with refused("permission denied"):
        run("UPDATE registry_redactiondecision SET verdict = 'approve'")


def test_a_package_moves_only_along_a_rewriting_that_two_people_stand_by(
    cast: Cast, version: ModelVersion
) -> None:
    key = version.artifact.key
    written = {
        "former_key": key, "key": "models/x.tar.gz", "layout": "seekable-1", "sha256": "0" * 64,
        "size": 7, "written_at": timezone.now(),
    }  # fmt: skip
    waiting = propose(version, cast.mina, "file", "config.json")
    with refused("only for an approved redaction"):
        insert("registry_packagerewrite", {"redaction_id": waiting.pk, **written})
    with refused(STAYS):
        run("UPDATE registry_artifact SET key = 'models/x.tar.gz'")
    decided(waiting.pk, cast.rita)
    with refused("takes the place of the package"):
        insert(
            "registry_packagerewrite",
            {"redaction_id": waiting.pk, **written, "former_key": "models/other"},
        )
    insert("registry_packagerewrite", {"redaction_id": waiting.pk, **written})
    move = "UPDATE registry_artifact SET key = %s, sha256 = %s, size = %s, rewrite_id = %s"
    for key, sha256, size in (
        ("models/other.tar.gz", "0" * 64, 7),
        ("models/x.tar.gz", "1" * 64, 7),
        ("models/x.tar.gz", "0" * 64, 8),
    ):
        with refused(STAYS):
            run(move, key, sha256, size, waiting.pk)
    with refused("permission denied"):
        run("UPDATE registry_artifact SET manifest = manifest")
    run(move, "models/x.tar.gz", "0" * 64, 7, waiting.pk)
    with refused(STAYS):
        run(move, "models/x.tar.gz", "0" * 64, 7, waiting.pk)


def test_a_file_gets_its_place_once_for_each_package(cast: Cast, version: ModelVersion) -> None:
    place = 'UPDATE registry_artifactfile SET "offset" = 1, members = ARRAY[1, 2]'
    with refused(STAYS):
        run(place)
    redaction: Redaction = propose(version, cast.mina, "file", "config.json")
    agree(redaction, cast.rita)
    assert run_job(redaction.pk)

    for statement in (
        place,
        f"{place}, rewrite_id = NULL",
        f"{place}, rewrite_id = '{redaction.pk}'",
        "UPDATE registry_artifactfile SET redaction_id = NULL",
        (
            f"UPDATE registry_artifactfile SET redaction_id = '{redaction.pk}'"
            " WHERE path <> 'config.json'"
        ),
    ):
        with refused(STAYS):
            run(statement)


def test_a_job_that_is_done_stays_done(cast: Cast, version: ModelVersion) -> None:
    redaction = propose(version, cast.mina, "file", "config.json")
    agree(redaction, cast.rita)
    with refused("does not change any more"):
        run("UPDATE registry_redactionjob SET redaction_id = gen_random_uuid()")
    assert run_job(redaction.pk)

    with refused("does not change any more"):
        run("UPDATE registry_redactionjob SET finished_at = NULL")
    with refused("permission denied"):
        run("DELETE FROM registry_redactionjob")
