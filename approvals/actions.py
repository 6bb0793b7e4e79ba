"""What can happen to requests, decisions and stages, as the audit log says it."""

from aegis.audit.actions import declare

declare(
    {
        "policy:published": "published a revision of a policy",
        "request:opened": "asked for a promotion",
        "request:changed": "noticed that what a request is about had changed",
        "request:approved": "found nothing missing any more and approved the request",
        "request:reopened": "opened the request again",
        "request:delayed": "waits for the signer",
        "request:rejected": "closed the request as rejected",
        "request:withdrawn": "withdrew the request",
        "request:stale": "closed the request as overtaken",
        "request:expired": "closed the request as too late",
        "request:failed": "gave the promotion up",
        "request:promoted": "carried the promotion out",
        "decision:made": "decided about a request",
        "decision:withdrawn": "took a decision back",
        "decision:dismissed": "dismissed a decision whose subject changed",
        "comment:written": "commented on a request",
        "version:promoted": "moved the version to a stage",
        "version:superseded": "took the version out of a stage to make room",
        "version:rolled_back": "rolled back to the version",
        "version:archived": "archived the version",
        "version:taken_out": "took the recalled version out of its stage",
        "version:recalled": "recalled the version",
        "rollback:signed": "signed the statement of a rollback",
    }
)
