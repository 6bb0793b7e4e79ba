"""What can happen to registered models and versions, as the audit log says it."""

from aegis.audit.actions import declare

declare(
    {
        "model:registered": "registered the model",
        "model:edited": "edited the model",
        "model:shared": "gave a role on the model",
        "model:unshared": "took a role on the model away",
        "version:registered": "added a version",
        "version:ready": "stored and signed the version",
        "version:failed": "gave the version up",
        "version:reopened": "had the version tried again",
        "fact:recorded": "recorded a fact",
        "metric:stated": "stated a metric",
        "metric:defined": "defined a metric",
        "card:published": "published the model card",
        "evidence:attached": "attached evidence",
        "evidence:attested": "attested evidence",
        "tag:claimed": "added a compliance tag",
        "alias:set": "set an alias",
        "alias:deleted": "removed an alias",
    }
)
