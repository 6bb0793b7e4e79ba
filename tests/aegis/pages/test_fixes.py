"""Every fix that a gate offers is done on a page."""

import re
from pathlib import Path

import pytest
from django.urls import resolve

from aegis.pages.fixes import fix_url
from approvals import gates
from approvals.gates import Fix

KEY = "018f5a00-0000-7000-8000-000000000000"
SUBJECTS = {
    "card_edit": "personal_data",
    "evidence_attach": "bias_audit",
    "evidence_attest": KEY,
    "tag_claim": "evaluated",
    "fact_add": "licence",
    "version_add": "",
    "compare": "",
    "scan": "",
    "signature_renew": "",
}
WITHOUT_A_PAGE = {"policy"}  # Policies are read by administrators, in the admin.


@pytest.mark.parametrize(("kind", "subject"), SUBJECTS.items())
def test_a_fix_has_an_address_that_is_answered(kind: str, subject: str) -> None:
    url = fix_url(Fix(kind, "Mend it", subject), "churn-predictor", 7)
    match = resolve(re.split("[?#]", url)[0])
    assert match.kwargs["name"] == "churn-predictor"
    assert not subject or subject.replace("_", "-") in url or subject in url


def test_each_kind_that_gates_use_is_known() -> None:
    folder = Path(gates.__file__).parent
    used = {
        kind
        for path in folder.glob("*.py")
        for kind in re.findall(r'Fix\(\s*"([a-z_]+)"', path.read_text())
    }
    assert used
    assert used <= SUBJECTS.keys() | WITHOUT_A_PAGE


def test_what_no_page_mends_has_no_address() -> None:
    assert fix_url(None, "churn-predictor", 7) == ""
    assert fix_url(Fix("policy", "Read the policy"), "churn-predictor", 7) == ""
