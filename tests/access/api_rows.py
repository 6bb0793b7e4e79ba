"""Every operation of the API and what it answers to whom."""

from typing import Final

from django.core.files.uploadedfile import SimpleUploadedFile

from registry.permissions import CONTRIBUTE, MAINTAIN, REVIEW, VIEW
from tests.access.callers import (
    ADMINISTRATOR,
    CONTRIBUTOR,
    MAINTAINER,
    REVIEWER,
    SERVICE,
    TOKEN,
)
from tests.access.rules import Row, but, everybody, only, whoever_has

ROOT: Final = "api/v1/"
MODEL: Final = f"{ROOT}models/<str:name>/"
VERSION: Final = f"{MODEL}versions/<str:ref>/"
M: Final = "/api/v1/models/secret-model/"
V: Final = f"{M}versions/2/"
PROMOTION: Final = f"{ROOT}promotions/<int:number>/"
P: Final = "/api/v1/promotions/{open}/"
KEY: Final = f"{ROOT}keys/<str:name>/"
K: Final = "/api/v1/keys/aegis-development/"
PUBLIC_KEY: Final = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpo0/e5+v1rFJZPVJ2M9VTfLamWJ3
P0yc4q12OCaVmeFWqrVRD1SnAtQPqceW5+HQ/I8zNoWdsO/JwtK6KrrLPQ==
-----END PUBLIC KEY-----
"""

PUBLISHED_KEYS: Final = "/.well-known/aegis/keys.json"
REVOCATIONS: Final = "/.well-known/aegis/revocations.json"
"""None is signed at this moment."""

SEES: Final = whoever_has(VIEW)
REPORT: Final = {"kind": "validation", "title": "Validation"}
CARD: Final = {"sections": {"overview": "Short."}, "based_on": 1}
# Whoever may change nothing is refused; the card, the tags and the rest have the same rule.
ADDS: Final = whoever_has(CONTRIBUTE, status=201)
NO_TOKENS: Final = {SERVICE: 403, TOKEN: 403}

ROWS: Final = [
    Row("GET", f"{ROOT}models/", "/api/v1/models/", everybody()),
    Row(
        "POST",
        f"{ROOT}models/",
        "/api/v1/models/",
        only([CONTRIBUTOR, MAINTAINER, ADMINISTRATOR, SERVICE], 201),
        {"name": "another", "team": "growth"},
    ),
    Row("GET", MODEL, M, SEES),
    Row("PATCH", MODEL, M, whoever_has(CONTRIBUTE), {"description": "Another."}),
    Row("GET", f"{MODEL}access/", f"{M}access/", SEES),
    Row(
        "PUT",
        f"{MODEL}access/users/<str:username>/<str:role>/",
        f"{M}access/users/stan/viewer/",
        whoever_has(MAINTAIN),
    ),
    Row(
        "DELETE",
        f"{MODEL}access/users/<str:username>/<str:role>/",
        f"{M}access/users/vera/viewer/",
        whoever_has(MAINTAIN),
    ),
    Row(
        "PUT",
        f"{MODEL}access/teams/<str:slug>/<str:role>/",
        f"{M}access/teams/risk-team/viewer/",
        whoever_has(MAINTAIN),
    ),
    Row(
        "DELETE",
        f"{MODEL}access/teams/<str:slug>/<str:role>/",
        f"{M}access/teams/risk-team/reviewer/",
        whoever_has(MAINTAIN),
    ),
    Row("GET", f"{MODEL}aliases/", f"{M}aliases/", SEES),
    Row("GET", f"{MODEL}aliases/<str:alias>/", f"{M}aliases/dev-mina/", SEES),
    Row(
        "PUT",
        f"{MODEL}aliases/<str:alias>/",
        f"{M}aliases/dev-new/",
        whoever_has(CONTRIBUTE),
        {"version": "2"},
    ),
    Row(
        "DELETE",
        f"{MODEL}aliases/<str:alias>/",
        f"{M}aliases/dev-mina/",
        whoever_has(CONTRIBUTE, status=204),
    ),
    Row(
        "POST",
        f"{MODEL}rollback/",
        f"{M}rollback/",
        # The version is in Production at this moment, so nobody rolls back to it.
        whoever_has(REVIEW, MAINTAIN, status=409),
        {"to_version": "1", "reason": "Better."},
    ),
    Row("GET", f"{MODEL}versions/", f"{M}versions/", SEES),
    Row(
        "POST",
        f"{MODEL}versions/",
        f"{M}versions/",
        # The others' uploads are empty.
        but(whoever_has(CONTRIBUTE, status=400), contributor=202),
        {"upload": "{own_upload}"},
    ),
    Row("GET", VERSION, V, SEES),
    Row("GET", f"{VERSION}card/", f"{V}card/", SEES),
    Row("PUT", f"{VERSION}card/", f"{V}card/", whoever_has(CONTRIBUTE), CARD),
    Row("GET", f"{VERSION}facts/", f"{V}facts/", SEES),
    Row("POST", f"{VERSION}facts/", f"{V}facts/", ADDS, {"name": "task", "value": "ranking"}),
    Row("GET", f"{VERSION}metrics/", f"{V}metrics/", SEES),
    Row("POST", f"{VERSION}metrics/", f"{V}metrics/", ADDS, {"name": "f1", "value": 0.5}),
    Row("GET", f"{VERSION}compliance-tags/", f"{V}compliance-tags/", SEES),
    Row(
        "POST",
        f"{VERSION}compliance-tags/",
        f"{V}compliance-tags/",
        # Its evidence is not attested yet.
        whoever_has(CONTRIBUTE, status=409),
        {"name": "security_reviewed"},
    ),
    Row("GET", f"{VERSION}gates/", f"{V}gates/", SEES),
    Row("GET", f"{VERSION}evidence/", f"{V}evidence/", SEES),
    Row(
        "POST",
        f"{VERSION}evidence/",
        f"{V}evidence/",
        ADDS,
        form={**REPORT, "file": lambda: SimpleUploadedFile("v.txt", b"Validated.")},
    ),
    Row("GET", f"{VERSION}evidence/<uuid:piece>/", f"{V}evidence/{{evidence}}/", SEES),
    Row("GET", f"{VERSION}evidence/<uuid:piece>/file/", f"{V}evidence/{{evidence}}/file/", SEES),
    Row(
        "POST",
        f"{VERSION}evidence/<uuid:piece>/attestations/",
        f"{V}evidence/{{evidence}}/attestations/",
        # The contributor attached it.
        but(whoever_has(CONTRIBUTE, REVIEW), contributor=403, **{SERVICE: 403, TOKEN: 403}),
        {"verdict": "pass", "comment": "It holds."},
    ),
    Row("GET", f"{VERSION}files/", f"{V}files/", SEES),
    Row("GET", f"{VERSION}files/<path:path>", f"{M}versions/1/files/config.json", SEES),
    Row("GET", f"{VERSION}artifact/", f"{M}versions/1/artifact/", SEES),
    Row("GET", f"{VERSION}signature/", f"{V}signature/", SEES),
    Row("GET", f"{VERSION}verifications/", f"{V}verifications/", SEES),
    Row(
        "POST",
        f"{VERSION}verifications/",
        f"{V}verifications/",
        whoever_has(MAINTAIN, status=202),
        {},
    ),
    Row("GET", f"{VERSION}promotions/", f"{V}promotions/", SEES),
    # Those who see it are told that a version from files comes from no run.
    Row(
        "GET",
        f"{VERSION}provenance/check/",
        f"{V}provenance/check/",
        whoever_has(VIEW, status=404),
    ),
    Row(
        "POST",
        f"{VERSION}provenance/check/",
        f"{V}provenance/check/",
        whoever_has(VIEW, status=409),
    ),
    # Those who contribute are told that a version from files follows no revision.
    Row("POST", f"{VERSION}newer/", f"{V}newer/", whoever_has(CONTRIBUTE, status=409)),
    Row("GET", f"{VERSION}provenance/", f"{V}provenance/", SEES),
    Row(
        "POST",
        f"{VERSION}promotions/",
        f"{V}promotions/",
        ADDS,
        {"target": "Staging", "reason": "To try it."},
    ),
    Row("GET", f"{VERSION}rollbacks/", f"{V}rollbacks/", SEES),
    Row(
        "GET",
        f"{VERSION}rollbacks/<uuid:rollback>/statement/",
        f"{M}versions/1/rollbacks/{{rollback}}/statement/",
        SEES,
    ),
    Row(
        "POST",
        f"{VERSION}archive/",
        f"{V}archive/",
        whoever_has(MAINTAIN),
        {"reason": "Old."},
    ),
    Row(
        "POST",
        f"{VERSION}recall/",
        f"{V}recall/",
        whoever_has(REVIEW, MAINTAIN, status=201),
        {"reason": "It leaks."},
    ),
    Row("GET", f"{VERSION}conversions/", f"{V}conversions/", SEES),
    # Its files are of no kind that a converter reads.
    Row(
        "POST",
        f"{VERSION}conversions/",
        f"{V}conversions/",
        whoever_has(CONTRIBUTE, status=409),
        {"to": "onnx"},
    ),
    Row("GET", f"{VERSION}scan/", f"{V}scan/", SEES),
    Row("POST", f"{VERSION}scan/", f"{V}scan/", whoever_has(MAINTAIN, status=202), {}),
    Row("GET", f"{VERSION}scan/waivers/", f"{M}versions/4/scan/waivers/", SEES),
    Row(
        "POST",
        f"{VERSION}scan/waivers/",
        f"{M}versions/4/scan/waivers/",
        # The contributor uploaded the version; the date is too far away for everybody else.
        but(whoever_has(CONTRIBUTE, REVIEW, status=400), contributor=403, service=403),
        {"path": "model.bin", "reason": "It is fine.", "expires_at": "2199-01-01T00:00:00Z"},
    ),
    Row(
        "POST",
        f"{VERSION}scan/waivers/<uuid:waiver>/answers/",
        f"{M}versions/4/scan/waivers/{{waiver}}/answers/",
        whoever_has(REVIEW, status=201),
        {"verdict": "decline", "comment": "Nobody knows who wrote it."},
    ),
    Row("GET", f"{VERSION}redactions/", f"{V}redactions/", SEES),
    Row(
        "POST",
        f"{VERSION}redactions/",
        f"{V}redactions/",
        but(whoever_has(CONTRIBUTE, REVIEW, status=201), auditor=201, service=403),
        {
            "kind": "file",
            "target": "model.bin",
            "reason_code": "secret",
            "reason": "A key lies in it.",
        },
    ),
    Row(
        "GET",
        f"{VERSION}redactions/<uuid:redaction>/",
        f"{V}redactions/{{redaction}}/",
        SEES,
    ),
    Row(
        "POST",
        f"{VERSION}redactions/<uuid:redaction>/decisions/",
        f"{V}redactions/{{redaction}}/decisions/",
        # The maintainer proposed it.
        whoever_has(REVIEW, status=201),
        {"verdict": "decline", "comment": "The name is made up."},
    ),
    Row(
        "GET",
        f"{VERSION}redactions/<uuid:redaction>/statement/",
        f"{V}redactions/{{redaction}}/statement/",
        # Nothing was carried out, so nothing is signed.
        everybody(404),
    ),
    Row(
        "GET",
        f"{VERSION}downloads/",
        f"{V}downloads/",
        but(whoever_has(REVIEW, MAINTAIN), auditor=200),
    ),
    Row("GET", f"{VERSION}signatures/", f"{V}signatures/", SEES),
    Row("POST", f"{VERSION}signatures/", f"{V}signatures/", whoever_has(MAINTAIN, status=202), {}),
    Row("GET", f"{ROOT}keys/", "/api/v1/keys/", everybody()),
    Row(
        "POST",
        f"{ROOT}keys/",
        "/api/v1/keys/",
        only([ADMINISTRATOR], 201),
        {"name": "second", "provider": "development"},
    ),
    Row("GET", KEY, K, everybody()),
    Row("PATCH", KEY, K, only([ADMINISTRATOR], 200), {"description": "Ours."}),
    Row("POST", f"{KEY}default/", f"{K}default/", only([ADMINISTRATOR], 200), {}),
    # It is the default, which cannot be retired.
    Row("POST", f"{KEY}retirement/", f"{K}retirement/", only([ADMINISTRATOR], 409), {}),
    Row("DELETE", f"{KEY}retirement/", f"{K}retirement/", only([ADMINISTRATOR], 200)),
    # Its signer is asked for its public keys, so nobody gives them.
    Row(
        "POST",
        f"{KEY}versions/",
        f"{K}versions/",
        only([ADMINISTRATOR], 409),
        {"version": "2", "public_key": PUBLIC_KEY},
    ),
    Row(
        "POST",
        f"{KEY}compromise/",
        f"{K}compromise/",
        only([ADMINISTRATOR], 200),
        {"reason": "A laptop was stolen."},
    ),
    Row("POST", f"{KEY}sign-again/", f"{K}sign-again/", only([ADMINISTRATOR], 202), {}),
    Row("GET", ".well-known/aegis/keys.json", PUBLISHED_KEYS, everybody(200, anonymous=200)),
    Row("GET", ".well-known/aegis/revocations.json", REVOCATIONS, everybody(503, anonymous=503)),
    Row("GET", f"{ROOT}promotions/", "/api/v1/promotions/", everybody()),
    Row("GET", PROMOTION, P, SEES),
    Row("GET", f"{PROMOTION}subject/", f"{P}subject/", SEES),
    Row("GET", f"{PROMOTION}statement/", "/api/v1/promotions/{promoted}/statement/", SEES),
    Row(
        "POST",
        f"{PROMOTION}withdraw/",
        f"{P}withdraw/",
        but(whoever_has(MAINTAIN), contributor=200),
    ),
    Row(
        "POST",
        f"{PROMOTION}decisions/",
        f"{P}decisions/",
        but(whoever_has(REVIEW, status=201), **NO_TOKENS),
        {"verdict": "approve", "subject_digest": "{digest}"},
    ),
    Row(
        "POST",
        f"{PROMOTION}decisions/<uuid:decision>/withdraw/",
        "/api/v1/promotions/{decided}/decisions/{decision}/withdraw/",
        but(whoever_has(REVIEW), **NO_TOKENS),
    ),
    Row("GET", f"{PROMOTION}comments/", f"{P}comments/", SEES),
    Row(
        "POST",
        f"{PROMOTION}comments/",
        f"{P}comments/",
        but(whoever_has(VIEW, status=201), auditor=403),
        {"body": "Why?"},
    ),
    Row("GET", f"{ROOT}hub-origins/", "/api/v1/hub-origins/", everybody()),
    Row("GET", f"{ROOT}imports/", "/api/v1/imports/", everybody()),
    Row(
        "POST",
        f"{ROOT}imports/",
        "/api/v1/imports/",
        # Who does not see the model asks for a new one of its name, and says no team for it.
        whoever_has(CONTRIBUTE, status=202, unseen=400),
        {
            "source": "huggingface",
            "reference": {"repo": "acme/tiny"},
            "model": "secret-model",
        },
    ),
    Row("GET", f"{ROOT}imports/<int:number>/", "/api/v1/imports/{job}/", SEES),
    Row(
        "POST",
        f"{ROOT}imports/<int:number>/start/",
        "/api/v1/imports/{job}/start/",
        # It was not only looked up.
        whoever_has(CONTRIBUTE, status=409),
    ),
    Row(
        "POST",
        f"{ROOT}imports/<int:number>/cancel/",
        "/api/v1/imports/{job}/cancel/",
        # It is done.
        whoever_has(CONTRIBUTE, status=409),
    ),
    Row(
        "POST",
        f"{ROOT}imports/<int:number>/retry/",
        "/api/v1/imports/{job}/retry/",
        # It has not failed.
        whoever_has(CONTRIBUTE, status=409),
    ),
    Row("GET", f"{ROOT}uploads/", "/api/v1/uploads/", everybody()),
    Row(
        "POST",
        f"{ROOT}uploads/",
        "/api/v1/uploads/",
        only([CONTRIBUTOR, MAINTAINER, REVIEWER, TOKEN, SERVICE, ADMINISTRATOR], 201),
    ),
    Row(
        "GET",
        f"{ROOT}uploads/<uuid:key>/",
        "/api/v1/uploads/{upload}/",
        only([CONTRIBUTOR], 200, others=404),
    ),
    Row(
        "GET",
        f"{ROOT}uploads/<uuid:key>/files/<path:path>",
        "/api/v1/uploads/{upload}/files/a.bin",
        only([CONTRIBUTOR], 200, others=404),
    ),
    Row(
        "PUT",
        f"{ROOT}uploads/<uuid:key>/files/<path:path>",
        "/api/v1/uploads/{upload}/files/b.bin",
        only([CONTRIBUTOR], 200, others=404),
    ),
    Row(
        "PUT",
        f"{ROOT}uploads/<uuid:key>/signature/",
        "/api/v1/uploads/{upload}/signature/",
        # What is sent is no signature.
        only([CONTRIBUTOR], 409, others=404),
    ),
    Row(
        "PUT",
        f"{ROOT}uploads/<uuid:key>/origin/",
        "/api/v1/uploads/{upload}/origin/",
        # What is sent states no origin.
        only([CONTRIBUTOR], 400, others=404),
    ),
    Row(
        "DELETE",
        f"{ROOT}uploads/<uuid:key>/files/<path:path>",
        "/api/v1/uploads/{upload}/files/a.bin",
        only([CONTRIBUTOR], 204, others=404),
    ),
    Row(
        "DELETE",
        f"{ROOT}uploads/<uuid:key>/",
        "/api/v1/uploads/{upload}/",
        only([CONTRIBUTOR], 204, others=404),
    ),
    Row("GET", f"{ROOT}audit/events/", "/api/v1/audit/events/?model=secret-model", SEES),
    Row("GET", f"{ROOT}tokens/", "/api/v1/tokens/", everybody()),
    Row(
        "POST",
        f"{ROOT}tokens/",
        "/api/v1/tokens/",
        everybody(201),
        {"name": "another", "scopes": ["read"], "days": 1},
    ),
    Row(
        "DELETE",
        f"{ROOT}tokens/<uuid:key>/",
        "/api/v1/tokens/{token}/",
        only([CONTRIBUTOR], 204, others=404),
    ),
    Row("GET", f"{ROOT}me/", "/api/v1/me/", everybody()),
    Row("GET", f"{ROOT}teams/", "/api/v1/teams/", everybody()),
    Row("GET", f"{ROOT}policies/", "/api/v1/policies/", everybody()),
    Row("GET", f"{ROOT}metric-definitions/", "/api/v1/metric-definitions/", everybody()),
    # They say nothing of what is registered here.
    Row("GET", "api/schema/", "/api/schema/", everybody(anonymous=200)),
    Row("GET", "api/docs/", "/api/docs/", everybody(anonymous=200)),
]
