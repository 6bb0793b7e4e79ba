"""Where a gate's fix is done: the addresses of pages, which gates do not know."""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from approvals.gates import Fix


def fix_url(fix: Fix | None, name: str, number: int) -> str:
    """Return the address where ``fix`` is done for version ``number`` of model ``name``.

    Empty where no page does it.
    """
    if fix is None or fix.kind not in _PLACES:
        return ""
    return _PLACES[fix.kind](name, number, fix.subject)


def _card(name: str, number: int, section: str) -> str:
    anchor = f"#{section.replace('_', '-')}" if section else ""
    return reverse("pages:card-edit", args=[name, number]) + anchor


def _attach(name: str, number: int, kind: str) -> str:
    asked = f"?{urlencode({'kind': kind})}" if kind else ""
    return reverse("pages:evidence-attach", args=[name, number]) + asked


def _attest(name: str, number: int, piece: str) -> str:
    if not piece:
        return f"{reverse('pages:version', args=[name, number])}#evidence"
    return reverse("pages:evidence-attest", args=[name, number, piece])


def _tag(name: str, number: int, tag: str) -> str:
    return reverse("pages:tag-claim", args=[name, number]) + (
        f"?{urlencode({'name': tag})}" if tag else ""
    )


def _fact(name: str, number: int, fact: str) -> str:
    asked = f"?{urlencode({'name': fact})}" if fact else ""
    return reverse("pages:fact-add", args=[name, number]) + asked


def _version(name: str, number: int, subject: str) -> str:  # noqa: ARG001 -- One of the places.
    return reverse("pages:version-add", args=[name])


def _compare(name: str, number: int, subject: str) -> str:  # noqa: ARG001 -- One of the places.
    return f"{reverse('pages:version', args=[name, number])}#conversion"


def _signature(name: str, number: int, subject: str) -> str:  # noqa: ARG001 -- One of the places.
    return f"{reverse('pages:version', args=[name, number])}#signature"


def _scan(name: str, number: int, subject: str) -> str:  # noqa: ARG001 -- One of the places.
    return reverse("pages:version-scan", args=[name, number])


_PLACES: Final[Mapping[str, Callable[[str, int, str], str]]] = {
    "card_edit": _card,
    "evidence_attach": _attach,
    "evidence_attest": _attest,
    "tag_claim": _tag,
    "fact_add": _fact,
    "version_add": _version,
    "compare": _compare,
    "scan": _scan,
    "signature_renew": _signature,
}
