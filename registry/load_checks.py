"""Load checks: what the report of ``aegis check-load`` shows of a version, by its own contents.

The format is ``registry/schemas/load-check-1.json``, explained in
``docs/reference/load-check.md``. Whoever attaches it states it: the registry loads nothing.
"""

from collections.abc import Mapping
from typing import Any, Final

from aegis.loading.verdicts import verdict_of
from aegis.problems import Invalid
from registry.reports import Judgement, report_document

LOAD_CHECK: Final = "aegis.load-check/1"
_SHOWN: Final = 19


def judge_load_check(data: bytes, *, manifest_digest: str | None) -> Judgement:
    """Return the outcome of a load check of the version whose manifest has that digest, in hex.

    A file that does not name our format waits for a person's word. Raises ``Invalid`` for a
    report that is broken, is about other files, or contradicts itself.
    """
    if b'"aegis.load-check' not in data:
        return Judgement("unattested", "A person has to attest what this file shows.")
    document = report_document(data, LOAD_CHECK)
    _refuse_other_files(document["manifest_digest"], manifest_digest)
    outcome, reason = verdict_of(document)
    if document["outcome"] != outcome:
        raise Invalid(
            "outcome_contradicted",
            f"The report says {document['outcome']}, and what it holds is a {outcome}, at "
            "/outcome.",
            mend="Attach the report as `aegis check-load` wrote it.",
            details={"pointer": "/outcome"},
        )
    return Judgement(outcome, reason, findings=_findings(document))


def _refuse_other_files(named: str, manifest_digest: str | None) -> None:
    if named == f"sha256:{manifest_digest}":
        return
    ours = f"sha256:{manifest_digest}"[:_SHOWN] + "…" if manifest_digest else "none yet"
    raise Invalid(
        "load_check_of_other_files",
        f"This report is about other files than the version's: it names the manifest "
        f"{named[:_SHOWN]}…, and the version's is {ours}, at /manifest_digest.",
        mend="Check this very version: aegis check-load NAME@REF --post.",
        details={"pointer": "/manifest_digest"},
    )


def _findings(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept beside the file, for pages and programs."""
    kept = ("flavour", "environment", "loaded", "prediction", "comparison", "produced_by")
    found = {name: document[name] for name in kept if name in document}
    return {"format": LOAD_CHECK, "produced_at": document["produced_at"], **found}
