"""The addresses of Aegis: each door has its own list."""

from allauth.account import views as sign_in
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path, re_path

from aegis import health, metrics
from aegis.api.well_known import Keys, Revocations

# An administrator signs in where everybody does, with the same limits on guessing.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # allauth's recipe.

# The pages of allauth that Aegis has; those for letters, codes and telephones are not among
# them. `account_signup` answers that sign-up is closed (allauth's sign-in page links by name).
account = [
    path("login/", sign_in.login, name="account_login"),
    path("logout/", sign_in.logout, name="account_logout"),
    path("inactive/", sign_in.account_inactive, name="account_inactive"),
    path("signup/", sign_in.signup, name="account_signup"),
    path("reauthenticate/", sign_in.reauthenticate, name="account_reauthenticate"),
    path("password/change/", sign_in.password_change, name="account_change_password"),
    path("password/set/", sign_in.password_set, name="account_set_password"),
    path("password/reset/", sign_in.password_reset, name="account_reset_password"),
    path("password/reset/done/", sign_in.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        sign_in.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        sign_in.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.show, name="metrics"),
    path(".well-known/aegis/keys.json", Keys.as_view(), name="published-keys"),
    path(".well-known/aegis/revocations.json", Revocations.as_view(), name="revocations"),
    path("admin/", admin.site.urls),
    path("api/", include("aegis.api.urls")),
    path("account/", include(account)),
    path("", include("aegis.pages.urls")),
]

handler400 = "aegis.failures.bad_request"
handler500 = "aegis.failures.server_error"
