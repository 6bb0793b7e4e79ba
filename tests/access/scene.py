"""A restricted model with everything on it that an address can name."""

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from aegis.accounts.models import ApiToken
from approvals.decisions import decide
from approvals.models import StageTransition
from approvals.rollback import roll_back, sign_owed_statement
from imports.rights import grant_import_right
from registry.aliases import set_alias
from registry.evidence import attach_evidence
from registry.models import ModelVersion, Upload
from registry.provenance import Origin, record_provenance
from registry.sharing import share
from registry.uploads import open_upload
from registry.waivers import propose_waiver
from tests.access.callers import CONTRIBUTOR, PEOPLE, SERVICE, TOKEN
from tests.approvals import making as approving
from tests.cast import Cast
from tests.registry import making as registering
from tests.registry import redacting, scanning

ORIGIN: Final = Origin(
    identity="folder:acme/tiny@c0ffee",
    shown="acme/tiny@c0ffee",
    url="",
    is_complete=True,
    document={
        "pinned": {"repo": "acme/tiny", "commit": "c0ffee"},
        "files": [],
        "left_out": [],
        "left_out_metrics": {},
        "notices": [],
    },
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the paths of the rows name, by the words in their braces."""

    promoted: int
    open: int
    decided: int
    decision: str
    digest: str
    job: int
    evidence: str
    waiver: str
    redaction: str
    rollback: str
    upload: str
    token: str
    team: str
    vera: str
    own_upload: dict[str, str]

    def fill(self, text: Any, caller: str) -> Any:
        """Put the names into a path or a body; ``{own_upload}`` is an upload of the caller."""
        if isinstance(text, dict):
            return {key: self.fill(value, caller) for key, value in text.items()}
        if not isinstance(text, str):
            return text
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            own = value.get(caller, self.upload) if isinstance(value, dict) else value
            text = text.replace(f"{{{name}}}", str(own))
        return text


def build(cast: Cast, tokens: dict[str, ApiToken]) -> Scene:
    """Make a model of growth: the first version is back in Production, two more are asked for."""
    approving.production_policy(cast)
    approving.staging_policy(cast)
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
    model = registering.new_model(cast, "secret-model", visibility="restricted")
    share(model, actor=cast.marc, role="viewer", user=cast.vera)
    first = registering.new_version(model, cast.mina)
    approving.write_card(first, cast.mina)
    first.refresh_from_db()
    promoted = approving.into_production(first, cast)
    second, third, fourth = (approving.new_version(model, cast.mina) for _ in range(3))
    record_provenance(second, actor=cast.mina, origin=ORIGIN)
    put_back = _put_back(cast, first)
    unattested = attach_evidence(
        second,
        actor=cast.mina,
        kind="security_review",
        title="Review",
        file=registering.file(b"Read and found well.", "review.txt"),
    )
    opened = approving.ask(second, cast.mina)
    decided = approving.ask(third, cast.mina)
    said = decide(
        decided,
        actor=cast.rita,
        verdict="approve",
        comment="",
        subject_digest=approving.seen(decided),
        authenticated_at=timezone.now(),
    )
    scanning.rescan(fourth, scanning.unknown(fourth, "model.bin"))
    waiver = propose_waiver(
        fourth,
        actor=cast.marc,
        path="model.bin",
        reason="Gate is forty lines of arithmetic.",
        expires_at=timezone.now() + timedelta(days=30),
    )
    card = second.card_revisions.latest("number")
    redaction = redacting.propose(second, cast.marc, "card_revision", card.pk)
    set_alias(model, "dev-mina", actor=cast.mina, version=second)
    upload = open_upload(actor=cast.mina)
    registering.send(upload, cast.mina, {"a.bin": b"a"})
    return Scene(
        promoted=promoted.number,
        open=opened.number,
        decided=decided.number,
        decision=str(said.pk),
        digest=approving.seen(opened),
        job=first.job.number,
        evidence=str(unattested.pk),
        waiver=str(waiver.pk),
        redaction=str(redaction.pk),
        rollback=str(put_back.pk),
        upload=str(upload.pk),
        token=str(tokens["mina"].pk),
        team=str(cast.growth.pk),
        vera=str(cast.vera.pk),
        own_upload=_uploads(cast),
    )


def _put_back(cast: Cast, former: ModelVersion) -> StageTransition:
    """Let another version come to Production and be rolled back, with the signed statement."""
    model = former.registered_model
    approving.into_production(approving.new_version(model, cast.mina), cast)
    former.refresh_from_db()
    moved = roll_back(model, actor=cast.marc, to_version=former, reason="It is slower.")
    assert sign_owed_statement(moved)
    return moved


def _uploads(cast: Cast) -> dict[str, str]:
    """Give everybody an upload, empty but for the contributor's, whoever may open one."""
    until = timezone.now() + timedelta(days=1)
    users = {caller: getattr(cast, name) for caller, name in PEOPLE.items()}
    users |= {SERVICE: cast.ci_growth, TOKEN: cast.rita}
    uploads = {
        caller: Upload.objects.create(owner=user, expires_at=until)
        for caller, user in users.items()
    }
    registering.send(uploads[CONTRIBUTOR], cast.mina, {"a.bin": b"a"})
    return {caller: str(upload.pk) for caller, upload in uploads.items()}
