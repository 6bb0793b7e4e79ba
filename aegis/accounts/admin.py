"""People, teams and tokens in the administration."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from aegis.accounts.admin_forms import (
    AccountForm,
    NewAccountForm,
    NewTeamForm,
    NewTokenForm,
    TeamForm,
)
from aegis.accounts.models import ApiToken, Team, User
from aegis.accounts.people import set_active
from aegis.accounts.registry_roles import REGISTRY_ROLES
from aegis.accounts.tokens import revoke_token
from aegis.admin import VerbAdmin, refusal_text
from aegis.problems import Refusal


class RoleFilter(admin.SimpleListFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(role, role.capitalize()) for role in REGISTRY_ROLES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


def _for_each(request: HttpRequest, rows: Any, act: Any, done: str) -> None:
    """Call ``act`` for each row, and say what was done and what was refused."""
    count = 0
    for row in rows:
        try:
            act(row)
        except Refusal as refusal:
            messages.error(request, f"{row}: {refusal_text(refusal)}")
        else:
            count += 1
    if count:
        messages.success(request, f"{done}: {count}.")


@admin.register(User)
class PersonAdmin(VerbAdmin):
    form = AccountForm
    add_form = NewAccountForm
    open_to_both_roles = True
    fixed = ("username", "is_service", "teams", "date_joined", "last_login")
    read = ("name", "email", "is_active", "roles", "same_person_as")
    list_display = ("username", "name", "email", "is_active", "is_service", "roles", "teams")
    list_filter = ("is_active", "is_service", RoleFilter)
    search_fields = ("username", "name", "email")
    ordering = ("username",)
    actions = ("lock", "let_in")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups__team")

    @admin.display(description="Roles")
    def roles(self, user: User) -> str:
        return ", ".join(sorted(g.name for g in user.groups.all() if g.name in REGISTRY_ROLES))

    @admin.display(description="Teams")
    def teams(self, user: User) -> str:
        return ", ".join(sorted(str(g.team) for g in user.groups.all() if hasattr(g, "team")))

    @admin.action(description="Lock the accounts", permissions=["change"])
    def lock(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self._set_active(request, users, active=False, done="Locked")

    @admin.action(description="Let them in again", permissions=["change"])
    def let_in(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self._set_active(request, users, active=True, done="Let in")

    def _set_active(self, request: HttpRequest, users: Any, *, active: bool, done: str) -> None:
        actor = request.user
        assert isinstance(actor, User)
        _for_each(request, users, lambda user: set_active(user, actor=actor, active=active), done)


@admin.register(Team)
class TeamAdmin(VerbAdmin):
    form = TeamForm
    add_form = NewTeamForm
    open_to_both_roles = True
    fixed = ("slug",)
    read = ("name", "member_names")
    list_display = ("name", "slug", "member_names")
    search_fields = ("name", "slug")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("group__user_set")

    @admin.display(description="Members")
    def member_names(self, team: Team) -> str:
        return ", ".join(sorted(str(user) for user in team.group.user_set.all()))


@admin.register(ApiToken)
class TokenAdmin(VerbAdmin):
    form = NewTokenForm  # What a token may do never changes, so only a new one has a form.
    add_form = NewTokenForm
    open_to_both_roles = True
    fixed = ("user", "name", "prefix", "scopes", "created_at", "expires_at", "revoked_at")
    list_display = ("prefix", "name", "user", "scopes", "expires_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "user__is_service")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_apitoken")

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        actor = request.user
        assert isinstance(actor, User)
        _for_each(request, tokens, lambda token: revoke_token(token, actor=actor), "Revoked")

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the token, this once."""
        context = {
            **self.admin_site.each_context(request),
            "title": "The token was made",
            "opts": self.opts,
            "token": obj,
        }
        return TemplateResponse(request, "admin/token_made.html", context)
