"""Who may administer people, teams and policies, and the sentence for those who may not."""

from django.db.models import QuerySet

from aegis.accounts.models import ADMINISTRATORS, User
from aegis.problems import Forbidden

MOST_NAMED = 3


def administrators() -> QuerySet[User]:
    """Return the active administrators."""
    return User.objects.filter(is_active=True, groups__name=ADMINISTRATORS)


def require_administrator(actor: User, act: str) -> None:
    """Refuse whoever is no active administrator at this moment; ``act`` completes "may …"."""
    if not administrators().filter(pk=actor.pk).exists():
        raise Forbidden(
            "administrators_only",
            f"Only an administrator may {act}.",
            mend=f"Ask {who_administers()}.",
        )


def who_administers() -> str:
    """Return the names of some administrators, for a sentence."""
    names = [str(user) for user in administrators()[: MOST_NAMED + 1]]
    if not names:
        return "whoever runs this installation"
    if len(names) > MOST_NAMED:
        return f"{', '.join(names[:MOST_NAMED])} or another administrator"
    return " or ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
