"""What the audit log says of people, teams and tokens."""

from aegis.audit.actions import declare

declare(
    {
        "registry:founded": "set up the registry",
        "user:created": "added an account",
        "user:edited": "edited an account",
        "user:password_chosen": "chose a new password",
        "user:joined": "said that two accounts are one person's",
        "user:activated": "let somebody in again",
        "user:deactivated": "locked an account",
        "user:role_granted": "gave a role in the whole registry",
        "user:role_revoked": "took away a role in the whole registry",
        "team:created": "made a team",
        "team:renamed": "renamed a team",
        "team:member_added": "added somebody to a team",
        "team:member_removed": "took somebody out of a team",
        "token:created": "made an API token",
        "token:revoked": "revoked an API token",
    }
)
