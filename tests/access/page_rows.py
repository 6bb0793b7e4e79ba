"""Every page and what it answers to whom. Who is not signed in is sent to sign in."""

from functools import partial
from typing import Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile

from registry.permissions import CONTRIBUTE, MAINTAIN, REVIEW, VIEW
from tests.access.callers import (
    ADMINISTRATOR,
    ANONYMOUS,
    AUDITOR,
    CONTRIBUTOR,
    MAINTAINER,
    SERVICE,
    TOKEN,
)
from tests.access.rules import Row, but
from tests.access.rules import everybody as everybody_of_api
from tests.access.rules import only as only_of_api
from tests.access.rules import whoever_has as whoever_of_api

# A token opens no page: whoever comes with one is as good as nobody there.
NOBODY: Final = {ANONYMOUS: 302, SERVICE: 302, TOKEN: 302}


def everybody(status: int = 200) -> dict[str, int]:
    """Answer all who are signed in alike."""
    return {**everybody_of_api(status), **NOBODY}


def whoever_has(*permissions: str, status: int = 200) -> dict[str, int]:
    """Answer as the API does, to people."""
    return {**whoever_of_api(*permissions, status=status), **NOBODY}


def only(callers: list[str], status: int, *, others: int = 403) -> dict[str, int]:
    """Answer some people so, and refuse the others."""
    return {**only_of_api(callers, status, others=others), **NOBODY}


SEES: Final = whoever_has(VIEW)
MODEL: Final = "models/<str:name>/"
VERSION: Final = f"{MODEL}versions/<int:number>/"
BY_REF: Final = f"{MODEL}versions/<str:ref>/"
REVIEW_ROUTE: Final = "reviews/<int:number>/"
M: Final = "/models/secret-model/"
V: Final = f"{M}versions/2/"
R: Final = "/reviews/{open}/"
KEY: Final = "keys/<str:name>/"
K: Final = "/keys/aegis-development/"

get = partial(Row, "GET")


def post(route: str, path: str, expected: dict[str, int], **form: Any) -> Row:
    """Return the row of a form that is posted."""
    return Row("POST", route, path, expected, form=form)


ROWS: Final = [
    get("", "/", everybody()),
    get("search/", "/search/?q=secret", everybody()),
    get("models/new/", "/models/new/", everybody()),
    get(MODEL, M, SEES),
    get(f"{MODEL}versions/", f"{M}versions/", SEES),
    get(f"{MODEL}settings/", f"{M}settings/", whoever_has(CONTRIBUTE)),
    get(f"{MODEL}access/", f"{M}access/", SEES),
    get(f"{MODEL}compare/", f"{M}compare/?a=1&b=2", SEES),
    get(f"{MODEL}rollback/", f"{M}rollback/", whoever_has(REVIEW, MAINTAIN)),
    get(f"{MODEL}versions/new/", f"{M}versions/new/", whoever_has(CONTRIBUTE)),
    get(BY_REF, V, SEES),
    get(f"{BY_REF}archive/", f"{V}archive/", whoever_has(MAINTAIN)),
    get(f"{BY_REF}recall/", f"{V}recall/", whoever_has(REVIEW, MAINTAIN)),
    get(
        f"{VERSION}downloads/",
        f"{V}downloads/",
        but(whoever_has(REVIEW, MAINTAIN), auditor=200),
    ),
    get(f"{BY_REF}promote/", f"{V}promote/?to=Staging", SEES),
    # Nothing has changed since the page was made.
    get(f"{VERSION}state/", f"{V}state/", whoever_has(VIEW, status=204)),
    get(f"{VERSION}files/", f"{V}files/", SEES),
    get(f"{VERSION}signature/", f"{V}signature/", SEES),
    get(f"{VERSION}key.pem", f"{V}key.pem", SEES),
    get(f"{VERSION}scan/", f"{V}scan/", SEES),
    get(
        f"{VERSION}scan/waivers/new/",
        f"{M}versions/4/scan/waivers/new/?path=model.bin",
        # The contributor uploaded the version.
        but(whoever_has(CONTRIBUTE, REVIEW), contributor=403),
    ),
    get(
        f"{VERSION}scan/waivers/<uuid:key>/",
        f"{M}versions/4/scan/waivers/{{waiver}}/",
        SEES,
    ),
    get(f"{VERSION}redactions/", f"{V}redactions/", SEES),
    get(
        f"{VERSION}redactions/new/",
        f"{V}redactions/new/?kind=file&target=model.bin",
        but(whoever_has(CONTRIBUTE, REVIEW), auditor=200),
    ),
    get(f"{VERSION}redactions/<uuid:key>/", f"{V}redactions/{{redaction}}/", SEES),
    get(f"{VERSION}card/", f"{V}card/", whoever_has(CONTRIBUTE)),
    get(f"{VERSION}card/read/", f"{V}card/read/", SEES),
    get(f"{VERSION}evidence/", f"{V}evidence/", whoever_has(CONTRIBUTE)),
    get(f"{VERSION}evidence/<uuid:key>/file/", f"{V}evidence/{{evidence}}/file/", SEES),
    get(f"{VERSION}evidence/<uuid:key>/attest/", f"{V}evidence/{{evidence}}/attest/", SEES),
    get(f"{VERSION}tags/", f"{V}tags/", whoever_has(CONTRIBUTE)),
    get(f"{VERSION}facts/", f"{V}facts/", whoever_has(CONTRIBUTE)),
    get(f"{VERSION}metrics/", f"{V}metrics/", whoever_has(CONTRIBUTE)),
    get("keys/", "/keys/", everybody()),
    get("keys/new/", "/keys/new/", only([ADMINISTRATOR], 200)),
    get(KEY, K, everybody()),
    get(f"{KEY}edit/", f"{K}edit/", only([ADMINISTRATOR], 200)),
    # Only a key to verify only is given public keys.
    get(f"{KEY}versions/new/", f"{K}versions/new/", only([ADMINISTRATOR], 404)),
    get(f"{KEY}compromise/", f"{K}compromise/", only([ADMINISTRATOR], 200)),
    get(f"{KEY}progress/", f"{K}progress/", everybody()),
    get(f"{KEY}v<str:version>.pem", f"{K}v1.pem", everybody()),
    get("imports/", "/imports/", everybody()),
    get("imports/<int:number>/", "/imports/{job}/", SEES),
    get("imports/<int:number>/row/", "/imports/{job}/row/", SEES),
    # Nothing was seen of it before.
    get("imports/<int:number>/state/", "/imports/{job}/state/", whoever_has(VIEW, status=204)),
    get("reviews/", "/reviews/", everybody()),
    get(REVIEW_ROUTE, R, SEES),
    get(f"{REVIEW_ROUTE}state/", f"{R}state/", whoever_has(VIEW, status=204)),
    get(f"{REVIEW_ROUTE}subject.json", f"{R}subject.json", SEES),
    get("audit/", "/audit/", everybody()),
    get("account/", "/account/", everybody()),
    get("account/tokens/", "/account/tokens/", everybody(302)),
    get("account/letters/", "/account/letters/", everybody()),
    get("account/notifications/", "/account/notifications/", everybody()),
    # What changes something: done, people are sent on (302).
    post(
        "models/new/",
        "/models/new/",
        # The form offers people their own teams alone.
        only([CONTRIBUTOR, MAINTAINER, ADMINISTRATOR], 302, others=400),
        name="another",
        team="{team}",
        visibility="internal",
        tags="",
    ),
    post(
        f"{MODEL}settings/",
        f"{M}settings/",
        whoever_has(CONTRIBUTE, status=302),
        description="Another.",
        risk_tier="1",
        visibility="restricted",
    ),
    post(
        f"{MODEL}access/",
        f"{M}access/",
        whoever_has(MAINTAIN, status=302),
        who="stan",
        role="viewer",
    ),
    post(
        f"{MODEL}access/revoke/",
        f"{M}access/revoke/",
        whoever_has(MAINTAIN, status=302),
        user="{vera}",
        role="viewer",
    ),
    post(
        f"{MODEL}rollback/",
        f"{M}rollback/",
        whoever_has(REVIEW, MAINTAIN, status=409),
        version="1",
        reason="Better.",
    ),
    post(
        f"{MODEL}aliases/",
        f"{M}aliases/",
        whoever_has(CONTRIBUTE, status=302),
        name="dev-new",
        version="2",
    ),
    post(
        f"{MODEL}aliases/<str:alias>/delete/",
        f"{M}aliases/dev-mina/delete/",
        whoever_has(CONTRIBUTE, status=302),
    ),
    post(
        f"{MODEL}versions/new/",
        f"{M}versions/new/",
        whoever_has(CONTRIBUTE, status=302),
        files=lambda: SimpleUploadedFile("a.bin", b"a"),
    ),
    post(
        "keys/new/",
        "/keys/new/",
        only([ADMINISTRATOR], 302),
        name="second",
        provider="development",
        risk_tiers=["1", "2"],
    ),
    post(f"{KEY}edit/", f"{K}edit/", only([ADMINISTRATOR], 302), risk_tiers=["1"]),
    post(f"{KEY}versions/new/", f"{K}versions/new/", only([ADMINISTRATOR], 404)),
    post(f"{KEY}compromise/", f"{K}compromise/", only([ADMINISTRATOR], 302), reason="Stolen."),
    post(f"{KEY}<slug:deed>/", f"{K}default/", only([ADMINISTRATOR], 302)),
    post(f"{VERSION}sign-again/", f"{V}sign-again/", whoever_has(MAINTAIN, status=302)),
    # Its files are of no kind that a converter reads.
    post(f"{VERSION}convert/", f"{V}convert/", whoever_has(CONTRIBUTE, status=409), to="onnx"),
    post(f"{VERSION}scan/again/", f"{V}scan/again/", whoever_has(MAINTAIN, status=302)),
    Row(
        "POST",
        f"{VERSION}scan/waivers/new/",
        f"{M}versions/4/scan/waivers/new/",
        # The date is too far away for whoever may propose one.
        but(whoever_has(CONTRIBUTE, REVIEW, status=400), contributor=403),
        form={"path": "model.bin", "reason": "It is fine.", "until": "2199-01-01"},
    ),
    post(
        f"{VERSION}scan/waivers/<uuid:key>/",
        f"{M}versions/4/scan/waivers/{{waiver}}/",
        # The maintainer proposed it, and can only take it back.
        but(whoever_has(REVIEW, status=302), maintainer=400),
        verdict="decline",
        comment="Nobody knows who wrote it.",
    ),
    post(
        f"{VERSION}redactions/new/",
        f"{V}redactions/new/",
        but(whoever_has(CONTRIBUTE, REVIEW, status=302), auditor=302),
        kind="evidence",
        target="{evidence}",
        reason_code="personal_data",
        reason="It names a customer.",
    ),
    post(
        f"{VERSION}redactions/<uuid:key>/",
        f"{V}redactions/{{redaction}}/",
        # The maintainer proposed it, and can only take it back.
        but(whoever_has(REVIEW, status=302), maintainer=400),
        verdict="decline",
        comment="The name is made up.",
    ),
    # Those who see it are told that a version from files comes from no run.
    get(f"{VERSION}reading/", f"{V}reading/", whoever_has(VIEW, status=404)),
    post(f"{VERSION}reading/again/", f"{V}reading/again/", whoever_has(VIEW, status=409)),
    # Those who contribute are told that a version from files follows no revision.
    post(f"{VERSION}newer/", f"{V}newer/", whoever_has(CONTRIBUTE, status=409)),
    post(f"{VERSION}verify/", f"{V}verify/", whoever_has(MAINTAIN, status=302)),
    post(f"{BY_REF}archive/", f"{V}archive/", whoever_has(MAINTAIN, status=302), reason="Old."),
    post(
        f"{BY_REF}recall/",
        f"{V}recall/",
        whoever_has(REVIEW, MAINTAIN, status=302),
        reason="It leaks.",
    ),
    post(
        f"{BY_REF}promote/",
        f"{V}promote/?to=Staging",
        whoever_has(CONTRIBUTE, status=302),
        reason="To try it.",
    ),
    post(
        f"{VERSION}card/",
        f"{V}card/",
        whoever_has(CONTRIBUTE, status=302),
        based_on="1",
        overview="Another.",
    ),
    post(
        f"{VERSION}card/draft/",
        f"{V}card/draft/",
        whoever_has(CONTRIBUTE, status=302),
        based_on="1",
    ),
    # It is their own draft, and there is none.
    post(f"{VERSION}card/discard/", f"{V}card/discard/", whoever_has(VIEW, status=302)),
    post(
        f"{VERSION}evidence/",
        f"{V}evidence/",
        whoever_has(CONTRIBUTE, status=302),
        kind="validation",
        title="Validation",
        file=lambda: SimpleUploadedFile("v.txt", b"Validated."),
    ),
    post(
        f"{VERSION}evidence/<uuid:key>/attest/",
        f"{V}evidence/{{evidence}}/attest/",
        but(whoever_has(CONTRIBUTE, REVIEW, status=302), contributor=403),
        verdict="pass",
        comment="It holds.",
    ),
    post(
        f"{VERSION}tags/",
        f"{V}tags/",
        whoever_has(CONTRIBUTE, status=409),
        name="security_reviewed",
    ),
    post(
        f"{VERSION}facts/",
        f"{V}facts/",
        whoever_has(CONTRIBUTE, status=302),
        name="task",
        value="ranking",
    ),
    post(
        f"{VERSION}metrics/",
        f"{V}metrics/",
        whoever_has(CONTRIBUTE, status=302),
        name="f1",
        value="0.5",
    ),
    post("imports/", "/imports/", everybody(400)),
    *(
        # It is done.
        post(
            f"imports/<int:number>/{act}/",
            f"/imports/{{job}}/{act}/",
            whoever_has(CONTRIBUTE, status=409),
        )
        for act in ("start", "cancel", "retry")
    ),
    post(
        "uploads/<uuid:key>/discard/",
        "/uploads/{upload}/discard/",
        only([CONTRIBUTOR], 302, others=404),
    ),
    post(
        f"{REVIEW_ROUTE}decide/",
        f"{R}decide/",
        whoever_has(REVIEW, status=302),
        verdict="approve",
        subject_digest="{digest}",
    ),
    post(
        f"{REVIEW_ROUTE}take-back/",
        "/reviews/{decided}/take-back/",
        # Who decided nothing has nothing to take back.
        but(whoever_has(VIEW, status=409), reviewer=302),
    ),
    post(
        f"{REVIEW_ROUTE}comment/",
        f"{R}comment/",
        but(whoever_has(VIEW, status=302), auditor=403),
        body="Why?",
    ),
    post(
        f"{REVIEW_ROUTE}withdraw/",
        f"{R}withdraw/",
        but(whoever_has(MAINTAIN, status=302), contributor=302),
    ),
    post("audit/verify/", "/audit/verify/", only([AUDITOR, ADMINISTRATOR], 200)),
    post(
        "account/tokens/",
        "/account/tokens/",
        everybody(),
        name="another",
        ends="2026-12-01",
        scopes="read",
    ),
    post(
        "account/tokens/<uuid:key>/revoke/",
        "/account/tokens/{token}/revoke/",
        only([CONTRIBUTOR], 302, others=404),
    ),
    post("account/notifications/read/", "/account/notifications/read/", everybody(302)),
    post("account/appearance/", "/account/appearance/", everybody(302), theme="dark"),
]
