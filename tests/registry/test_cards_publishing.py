from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from aegis.problems import Conflict, Forbidden, Invalid, NotFound
from registry import cards
from registry.cards_publishing import (
    beginning_for,
    current_card,
    discard_draft,
    publish_card,
    save_draft,
)
from registry.models import CardDraft, CardRevision, ModelVersion, RegisteredModel
from registry.versions import create_version, mark_failed
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry import making

WHOLE = {
    section.key: f"{section.title}: as long as it takes to say what readers need."
    for section in cards.SECTIONS
}


def publish(version: ModelVersion, cast: Cast, based_on: int, **texts: str) -> CardRevision:
    return publish_card(version, actor=cast.mina, sections=texts, based_on=based_on)


def test_revisions_are_numbered_and_recorded(cast: Cast, pending: ModelVersion) -> None:
    since = last()

    first = publish(pending, cast, 0, overview="Ranks customers.")
    second = publish(pending, cast, 1, **WHOLE)

    assert (first.number, second.number) == (1, 2)
    assert current_card(pending) == second
    assert second.digest == cards.digest(second.sections)
    assert [(action, data) for action, _, data in recorded(since)] == [
        (
            "card:published",
            {"version": 1, "number": 1, "digest": first.digest, "is_complete": False},
        ),
        (
            "card:published",
            {"version": 1, "number": 2, "digest": second.digest, "is_complete": True},
        ),
    ]


def test_each_revision_raises_the_subject_revision(cast: Cast, pending: ModelVersion) -> None:
    publish(pending, cast, 0, overview="One.")
    publish(pending, cast, 1, overview="Two.")

    pending.refresh_from_db()
    assert pending.subject_revision == 2


def test_who_writes_on_an_older_revision_is_shown_the_newer_one(
    cast: Cast, pending: ModelVersion
) -> None:
    publish(pending, cast, 0, overview="One.", risks="None that we know of.")
    publish_card(pending, actor=cast.marc, sections={"overview": "Two."}, based_on=1)

    refusal = refused(
        Conflict, "card_changed", publish_card, pending, actor=cast.mina,
        sections={"overview": "Mine."}, based_on=1,
    )  # fmt: skip

    assert refusal.sentence == "Marc Delacroix published revision 2 while you were writing."
    assert refusal.details["number"] == 2
    assert refusal.details["sections"]["overview"] == "Two."
    assert refusal.details["differing"] == ["overview"]


@pytest.mark.parametrize(
    ("sections", "based_on", "kind", "code"),
    [
        ({"overview": "Same."}, 1, Conflict, "card_unchanged"),
        ({}, 1, Invalid, "card_empty"),
        ({"overview": "  "}, 1, Invalid, "card_empty"),
        ({"colour": "red"}, 1, Invalid, "card_section_unknown"),
        ({"overview": 7}, 1, Invalid, "text_wrong_type"),
        ({"overview": "a\0"}, 1, Invalid, "text_control_character"),
        ({"overview": "x" * 20_001}, 1, Invalid, "text_too_long"),
        ({"overview": "x"}, 2, Invalid, "revision_unknown"),
        ({"overview": "x"}, -1, Invalid, "revision_unknown"),
        ({"overview": "x"}, "1", Invalid, "revision_unknown"),
        ("text", 1, Invalid, "card_invalid"),
    ],
)
def test_what_is_not_published(
    cast: Cast, pending: ModelVersion, sections: Any, based_on: Any, kind: type[Any], code: str
) -> None:
    publish(pending, cast, 0, overview="Same.")

    refused(
        kind, code, publish_card, pending, actor=cast.mina, sections=sections, based_on=based_on
    )

    assert CardRevision.objects.count() == 1


def test_only_contributors_write(cast: Cast, pending: ModelVersion) -> None:
    for who in (cast.vera, cast.rita, cast.otto):
        for act in (publish_card, save_draft):
            refused(
                Forbidden, "permission_missing", act, pending, actor=who,
                sections={"overview": "x"}, based_on=0,
            )  # fmt: skip
    making.edit_model(pending.registered_model, actor=cast.marc, visibility="restricted")
    refused(
        NotFound, "model_not_found", publish_card, pending, actor=cast.stan,
        sections={"overview": "x"}, based_on=0,
    )  # fmt: skip


def test_nothing_is_written_about_a_failed_version(cast: Cast, pending: ModelVersion) -> None:
    mark_failed(pending, actor=None, code="x", reason="x")

    for act in (publish_card, save_draft):
        write = partial(act, actor=cast.mina, sections={"overview": "x"}, based_on=0)
        pending.refresh_from_db()
        refused(Conflict, "version_failed", write, pending)


def test_a_draft_is_its_authors_alone_until_it_is_published(
    cast: Cast, pending: ModelVersion
) -> None:
    since = last()
    save_draft(pending, actor=cast.mina, sections={"overview": "One."}, based_on=0)
    save_draft(pending, actor=cast.mina, sections={"overview": "Two."}, based_on=0)

    assert recorded(since) == []
    mine = beginning_for(pending, cast.mina)
    assert (mine.sections["overview"], mine.origin) == ("Two.", "draft")
    assert beginning_for(pending, cast.marc).origin == "empty"
    assert current_card(pending) is None

    publish(pending, cast, 0, overview="Two.")

    assert not CardDraft.objects.exists()
    assert beginning_for(pending, cast.marc)[1:] == (1, "revision")


def test_a_draft_is_discarded_by_its_author(cast: Cast, pending: ModelVersion) -> None:
    for who in (cast.mina, cast.marc):
        save_draft(pending, actor=who, sections={"overview": "x"}, based_on=0)

    discard_draft(pending, actor=cast.mina)
    discard_draft(pending, actor=cast.mina)

    assert CardDraft.objects.get().author == cast.marc


def test_a_new_version_begins_with_the_card_of_the_one_before(
    cast: Cast, model: RegisteredModel, pending: ModelVersion
) -> None:
    publish(pending, cast, 0, overview="As of version 1.")
    following = create_version(model, actor=cast.mina, source=ModelVersion.Source.UPLOAD)

    beginning = beginning_for(following, cast.mina)

    assert beginning.sections["overview"] == "As of version 1."
    assert beginning[1:] == (0, "former")


@pytest.mark.django_db(transaction=True)
def test_of_authors_who_publish_at_once_one_is_first(
    cast: Cast, pending: ModelVersion, at_once: Callable[..., list[Any]]
) -> None:
    def write() -> str:
        try:
            return str(publish(pending, cast, 0, overview="x").number)
        except Conflict as refusal:
            return refusal.code

    assert sorted(at_once(write, times=4)) == ["1"] + ["card_changed"] * 3
