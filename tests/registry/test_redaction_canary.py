"""A canary put everywhere and redacted everywhere: it is found in no table, file or log."""

import gzip
import zlib
from pathlib import Path

import pytest
from django.db import connection

from aegis.accounts.models import IdempotencyKey
from aegis.events.letters import send_owed
from aegis.events.outbox import dispatch
from approvals.decisions import comment_on
from approvals.models import PromotionRequest
from approvals.refreshing import refresh
from registry.cards_publishing import publish_card, save_draft
from registry.models import ModelVersion, RegisteredModel
from registry.readers import open_file
from registry.redacting import run_job
from registry.redaction_statements import sign_owed
from registry.reverification import verify_now
from registry.sweeping import sweep
from tests.approvals import making as approving
from tests.cast import Cast
from tests.registry import making
from tests.registry.redacting import CANARY, agree, propose

pytestmark = pytest.mark.django_db

PATH = "data/customers.csv"


def tables_with(text: str) -> set[str]:
    """Return the tables of which some row holds ``text`` anywhere, also as bytes."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(
                f'SELECT 1 FROM "{table}" t'
                " WHERE strpos(t::text, %s) > 0 OR strpos(t::text, %s) > 0",
                [text, text.encode().hex()],
            )
            found |= {table} if cursor.fetchone() else set()
    return found


def files_with(text: str, folder: Path) -> set[str]:
    """Return the files below ``folder`` that hold ``text``, packages unpacked."""
    return {
        path.name
        for path in folder.rglob("*")
        if path.is_file() and text.encode() in _unpacked(path.read_bytes())
    }


def _unpacked(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return data


def put_everywhere(
    version: ModelVersion, request: PromotionRequest, cast: Cast
) -> list[tuple[str, object]]:
    """Let people write the canary wherever they can, and others be told of it."""
    card = publish_card(version, actor=cast.mina, sections={"overview": CANARY}, based_on=0)
    save_draft(version, actor=cast.marc, sections={"risks": CANARY}, based_on=1)
    report = making.file(making.report(produced_by=CANARY))
    piece = making.attach(version, cast.mina, file=report)
    refresh(request)
    comment = comment_on(request, actor=cast.vera, body=f"It is **{CANARY}**.")
    decision = approving.say(request, cast.rita, "request_changes", comment=CANARY)
    IdempotencyKey.objects.create(
        user=cast.mina, key="k", fingerprint="f", status=201, body={"overview": CANARY}
    )
    dispatch()
    send_owed()
    return [
        ("card_revision", card.pk), ("evidence", piece.pk), ("comment", comment.pk),
        ("decision", decision.pk), ("file", PATH),
    ]  # fmt: skip


def test_a_canary_that_was_redacted_is_found_nowhere(
    cast: Cast,
    model: RegisteredModel,
    data_folder: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    approving.staging_policy(cast, approvals_required=1, groups=[cast.risk_team])
    files = {**making.FILES, PATH: f"name\n{CANARY}\n".encode()}
    version = making.new_version(model, cast.mina, files)
    request = approving.ask(version, cast.mina, "Staging")
    targets = put_everywhere(version, request, cast)
    assert tables_with(CANARY) >= {
        "registry_cardrevision", "registry_carddraft", "approvals_comment",
        "approvals_decision", "events_notification", "accounts_idempotencykey",
    }  # fmt: skip
    assert len(files_with(CANARY, data_folder)) >= 2

    for kind, target in targets:
        redaction = propose(version, cast.mina, kind, target)
        agree(redaction, cast.marc)
        run_job(redaction.pk)
    sign_owed()
    dispatch()
    send_owed()
    sweep()
    version = ModelVersion.objects.get(pk=version.pk)
    check = verify_now(version)

    assert check is not None
    assert check.outcome == "intact"
    assert b"".join(open_file(version, "config.json", actor=cast.vera).body)
    assert tables_with(CANARY) == set()
    assert files_with(CANARY, data_folder) == set()
    assert CANARY not in caplog.text
    out, err = capfd.readouterr()
    assert CANARY not in out + err
