"""One's own account: profile, tokens, notifications, letters, looks."""

from django.urls import path

from aegis.pages.views import account, notifications, preferences

routes = [
    path("account/", account.show, name="account"),
    path("account/tokens/", account.tokens, name="account-tokens"),
    path("account/tokens/<uuid:key>/revoke/", account.revoke, name="account-token-revoke"),
    path("account/letters/", notifications.letters, name="letters"),
    path("account/notifications/", notifications.show, name="notifications"),
    path("account/notifications/read/", notifications.read, name="notifications-read"),
    path("account/appearance/", preferences.keep, name="theme"),
]
