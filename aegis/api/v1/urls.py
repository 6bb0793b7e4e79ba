"""The addresses of version 1."""

from django.urls import URLPattern, URLResolver, include, path

from aegis.api.v1 import (
    access,
    account,
    aliases,
    audit,
    decisions,
    documentation,
    evidence,
    files,
    imports,
    keys,
    models,
    organisation,
    promotions,
    recalls,
    redactions,
    rollback,
    scans,
    signatures,
    uploads,
    verifications,
    versions,
)

version: list[URLPattern | URLResolver] = [
    path("", versions.Version.as_view()),
    path("card/", documentation.Card.as_view()),
    path("facts/", documentation.Facts.as_view()),
    path("metrics/", documentation.Metrics.as_view()),
    path("compliance-tags/", documentation.Tags.as_view()),
    path("gates/", documentation.Gates.as_view()),
    path("evidence/", evidence.EvidenceList.as_view()),
    path("evidence/<uuid:piece>/", evidence.EvidencePiece.as_view()),
    path("evidence/<uuid:piece>/file/", evidence.EvidenceFile.as_view()),
    path("evidence/<uuid:piece>/attestations/", evidence.Attestations.as_view()),
    path("files/", files.Files.as_view()),
    path("files/<path:path>", files.File.as_view()),
    path("artifact/", files.Artifact.as_view()),
    path("signature/", files.Signature.as_view()),
    path("verifications/", verifications.Verifications.as_view()),
    path("signatures/", signatures.Signatures.as_view()),
    path("promotions/", promotions.PromotionsOfVersion.as_view()),
    path("archive/", versions.Archive.as_view()),
    path("recall/", recalls.Recalls.as_view()),
    path("downloads/", recalls.Downloads.as_view()),
    path("redactions/", redactions.Redactions.as_view()),
    path("redactions/<uuid:redaction>/", redactions.OneRedaction.as_view()),
    path("redactions/<uuid:redaction>/decisions/", redactions.RedactionDecisions.as_view()),
    path("redactions/<uuid:redaction>/statement/", redactions.Statement.as_view()),
    path("scan/", scans.Scans.as_view()),
    path("scan/waivers/", scans.Waivers.as_view()),
    path("scan/waivers/<uuid:waiver>/answers/", scans.WaiverAnswers.as_view()),
]

model: list[URLPattern | URLResolver] = [
    path("", models.Model.as_view()),
    path("aliases/", aliases.Aliases.as_view()),
    path("aliases/<str:alias>/", aliases.OneAlias.as_view()),
    path("access/", access.Access.as_view()),
    path("access/users/<str:username>/<str:role>/", access.UserRole.as_view()),
    path("access/teams/<str:slug>/<str:role>/", access.TeamRole.as_view()),
    path("rollback/", rollback.Rollback.as_view()),
    path("versions/", versions.Versions.as_view()),
    path("versions/<str:ref>/", include(version)),
]

key: list[URLPattern | URLResolver] = [
    path("", keys.Key.as_view()),
    path("default/", keys.Default.as_view()),
    path("retirement/", keys.Retirement.as_view()),
    path("compromise/", keys.Compromises.as_view()),
    path("sign-again/", keys.SigningAgain.as_view()),
]

promotion: list[URLPattern | URLResolver] = [
    path("", promotions.Promotion.as_view()),
    path("subject/", promotions.Subject.as_view()),
    path("statement/", promotions.Statement.as_view(), name="promotion-statement"),
    path("withdraw/", promotions.Withdraw.as_view()),
    path("decisions/", decisions.Decisions.as_view()),
    path("decisions/<uuid:decision>/withdraw/", decisions.DecisionWithdrawal.as_view()),
    path("comments/", decisions.Comments.as_view()),
]

urlpatterns = [
    path("models/", models.Models.as_view()),
    path("models/<str:name>/", include(model)),
    path("promotions/", promotions.Promotions.as_view()),
    path("promotions/<int:number>/", include(promotion)),
    path("imports/", imports.Imports.as_view()),
    path("imports/<int:number>/", imports.OneImport.as_view()),
    path("imports/<int:number>/retry/", imports.Retry.as_view()),
    path("uploads/", uploads.Uploads.as_view(), name="uploads"),
    path("uploads/<uuid:key>/", uploads.OneUpload.as_view()),
    path("uploads/<uuid:key>/files/<path:path>", uploads.UploadedFile.as_view()),
    path("keys/", keys.Keys.as_view()),
    path("keys/<str:name>/", include(key)),
    path("audit/events/", audit.AuditEvents.as_view()),
    path("tokens/", account.Tokens.as_view()),
    path("tokens/<uuid:key>/", account.Token.as_view()),
    path("me/", account.Me.as_view()),
    path("teams/", organisation.Teams.as_view()),
    path("policies/", organisation.Policies.as_view()),
    path("metric-definitions/", organisation.MetricDefinitions.as_view()),
]
