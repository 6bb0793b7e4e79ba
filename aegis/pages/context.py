"""What every page knows: where it is in the site, how it looks, and who signs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from aegis.pages import navigation, preferences


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of ``base.html``; what costs a query is asked only when it is drawn."""
    user = getattr(request, "user", None)  # An error before sign-in was looked at has none.
    return {
        "navigation": navigation.items_for(user, request.path)
        if user is not None and user.is_authenticated
        else [],
        "addresses": navigation.addresses(),
        "theme": preferences.chosen(request, preferences.THEME),
        "shortcuts": preferences.chosen(request, preferences.SHORTCUTS),
        "signs_for_development": settings.AEGIS_SIGNER == "development",
        "base_url": settings.AEGIS_BASE_URL,
    }
