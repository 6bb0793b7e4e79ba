"""The signed statements that files were redacted: owed from then on, made as the signer allows."""

import structlog
from django.db.models import QuerySet

from aegis.audit.recording import record, verb
from aegis.problems import Refusal
from aegis.proof.signing.redaction import RedactedFile, sign_redaction
from aegis.proof.signing.signer import Signer
from registry.locks import lock_version
from registry.models import ModelVersion, Redaction, RedactionKind, RedactionStatement
from registry.signing.configured import signer_of, statement_key

log = structlog.get_logger(__name__)


def owed_statements() -> QuerySet[Redaction]:
    """Return the redactions of files that are carried out and not signed yet, the oldest first."""
    found: QuerySet[Redaction] = Redaction.objects.filter(
        kind=RedactionKind.FILE, job__finished_at__isnull=False, statement=None
    )
    return found.select_related("version__registered_model", "decision", "job").order_by(
        "job__finished_at"
    )


def sign_owed() -> int:
    """Sign what is owed, and return how many that were; what cannot be signed now stays owed."""
    done = 0
    for redaction in owed_statements():
        try:
            done += sign_statement_of(redaction) is not None
        except Refusal as refusal:
            log.warning("redaction.not_signed", redaction=str(redaction.pk), code=refusal.code)
    return done


def sign_statement_of(
    redaction: Redaction, *, signer: Signer | None = None
) -> RedactionStatement | None:
    """Sign the statement of a redaction, outside of any transaction, and keep it.

    None where another worker kept one meanwhile. Raises ``Unavailable`` while the signer is away.
    """
    version = redaction.version
    bundle = sign_redaction(
        redacted_file(redaction), signer=signer or signer_of(statement_key(version))
    )
    return _keep(
        redaction,
        RedactionStatement(
            redaction=redaction,
            manifest_digest=version.digest,
            envelope=bundle.data.decode(),
            **bundle.key_fields,
        ),
    )


def redacted_file(redaction: Redaction) -> RedactedFile:
    """Return what the statement of a redaction says."""
    return RedactedFile(
        manifest_digest=redaction.version.digest,
        path=redaction.target,
        sha256=redaction.digest,
        redaction=str(redaction.pk),
        reason=redaction.reason_code,
        proposed_by=str(redaction.proposed_by_id),
        approved_by=str(redaction.decision.decided_by_id),
        at=redaction.decision.decided_at,
    )


def statements_of(version: ModelVersion) -> QuerySet[RedactionStatement]:
    """Return the signed statements of the redacted files of a version."""
    found: QuerySet[RedactionStatement] = RedactionStatement.objects.filter(
        redaction__version=version
    )
    return found.order_by("signed_at")


@verb
def _keep(redaction: Redaction, statement: RedactionStatement) -> RedactionStatement | None:
    lock_version(redaction.version)
    if RedactionStatement.objects.filter(redaction=redaction).exists():
        return None
    statement.save(force_insert=True)
    record(
        "redaction:signed",
        actor=None,
        about=redaction,
        model_id=redaction.version.registered_model_id,
        data={"version": redaction.version.number, "key": statement.key_name},
    )
    return statement
