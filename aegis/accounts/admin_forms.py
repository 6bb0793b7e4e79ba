"""The administration's forms for people, teams and tokens; each calls verbs."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.admin.widgets import (
    AdminEmailInputWidget,
    AdminTextInputWidget,
    FilteredSelectMultiple,
)

from aegis.accounts.models import ApiToken, Team, User
from aegis.accounts.people import (
    create_person,
    create_service_account,
    edit_person,
    join_accounts,
    set_active,
    set_registry_role,
)
from aegis.accounts.registry_roles import REGISTRY_ROLES
from aegis.accounts.teams import add_member, create_team, remove_member, rename_team
from aegis.accounts.tokens import create_token
from aegis.admin import VerbForm

ROLES = [(role, role.capitalize()) for role in REGISTRY_ROLES]


def _line(label: str, *, required: bool = True, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=required, help_text=help_text, widget=AdminTextInputWidget
    )


def _email() -> forms.CharField:
    return forms.CharField(label="E-mail", required=False, widget=AdminEmailInputWidget)


def _roles() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label="Roles across the registry",
        choices=ROLES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What people do with a model is set on the model's page.",
    )


class NewAccountForm(VerbForm):
    username = _line("User name", help_text="Letters, digits, dots, dashes and underscores.")
    name = _line("Name")
    email = _email()
    is_service = forms.BooleanField(
        label="Service account",
        required=False,
        help_text="Automation works as it, with tokens. It never signs in and never decides.",
    )
    password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text="Without one a person chooses it by way of “Forgot your password?”.",
    )
    roles = _roles()

    class Meta:
        model = User
        fields = ()

    def clean(self) -> dict[str, Any]:
        """Refuse what a service account cannot have, before anything is made."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("is_service") and (data.get("password") or data.get("roles")):
            self.add_error("is_service", "A service account has no password and no role here.")
        return data

    def carry_out(self, actor: User) -> User:
        """Add the account of a person or of automation."""
        data = self.cleaned_data
        common = {"username": data["username"], "name": data["name"], "email": data["email"]}
        if data["is_service"]:
            return create_service_account(actor=actor, **common)
        password, roles = data["password"] or None, data["roles"]
        return create_person(actor=actor, password=password, groups=roles, **common)


class AccountForm(VerbForm):
    name = _line("Name")
    email = _email()
    is_active = forms.BooleanField(
        label="May come in",
        required=False,
        help_text="Locking ends sessions and tokens at once, and approvals count no longer.",
    )
    roles = _roles()
    first_account = _line(
        "First account of the same person",
        required=False,
        help_text="Its user name. Both accounts then count as one person, for ever.",
    )

    class Meta:
        model = User
        fields = ()

    def shown(self, row: User) -> dict[str, Any]:
        """Return the account with its roles and the first account's user name."""
        return {
            "name": row.name,
            "email": row.email,
            "is_active": row.is_active,
            "roles": sorted(row.group_names.intersection(REGISTRY_ROLES)),
            "first_account": row.same_person_as.username if row.same_person_as else "",
        }

    def clean_first_account(self) -> User | None:
        """Return the account of that user name."""
        username = self.cleaned_data["first_account"]
        if not username:
            return None
        first = User.objects.filter(username__iexact=username).first()
        if first is None:
            raise forms.ValidationError("There is no account of this user name.")
        return first

    def carry_out(self, actor: User) -> User:
        """Edit the account, its roles and whether it may come in."""
        data = self.cleaned_data
        user = edit_person(self.instance, actor=actor, name=data["name"], email=data["email"])
        for role in REGISTRY_ROLES:
            user = set_registry_role(user, actor=actor, role=role, member=role in data["roles"])
        if first := data["first_account"]:
            user = join_accounts(user, actor=actor, first=first)
        return set_active(user, actor=actor, active=data["is_active"])


class NewTeamForm(VerbForm):
    slug = _line("Short name", help_text="Small letters, digits and dashes; it stays.")
    name = _line("Name")

    class Meta:
        model = Team
        fields = ()

    def carry_out(self, actor: User) -> Team:
        """Make the team."""
        data = self.cleaned_data
        return create_team(actor=actor, slug=data["slug"], name=data["name"])


class TeamForm(VerbForm):
    name = _line("Name")
    members = forms.ModelMultipleChoiceField(
        queryset=User.objects.filter(is_active=True),
        required=False,
        widget=FilteredSelectMultiple("members", is_stacked=False),
        help_text="They contribute to the team's models, and policies may count their approvals.",
    )

    class Meta:
        model = Team
        fields = ()

    def shown(self, row: Team) -> dict[str, Any]:
        """Return the name and the members."""
        return {"name": row.name, "members": list(row.group.user_set.all())}

    def carry_out(self, actor: User) -> Team:
        """Rename the team, and let its members be those that were chosen."""
        team = rename_team(self.instance, actor=actor, name=self.cleaned_data["name"])
        wanted = {user.pk: user for user in self.cleaned_data["members"]}
        # Locked accounts are not among the choices, so they are not taken out by saving.
        present = {user.pk: user for user in team.group.user_set.filter(is_active=True)}
        for key in sorted(wanted.keys() - present.keys()):
            add_member(team, wanted[key], actor=actor)
        for key in sorted(present.keys() - wanted.keys()):
            remove_member(team, present[key], actor=actor)
        return team


class NewTokenForm(VerbForm):
    user = forms.ModelChoiceField(
        label="Service account", queryset=User.objects.filter(is_service=True, is_active=True)
    )
    name = _line("Name", help_text="What uses it, so that it is known when it is to be revoked.")
    scopes = forms.MultipleChoiceField(
        choices=ApiToken.Scope.choices,
        initial=[ApiToken.Scope.READ],
        widget=forms.CheckboxSelectMultiple,
    )
    production_only = forms.BooleanField(
        label="Only versions in Production",
        required=False,
        help_text="For what deploys: of versions it reads those in Production alone.",
    )
    days = forms.IntegerField(label="Days until it expires", initial=90, min_value=1, max_value=366)

    class Meta:
        model = ApiToken
        fields = ()

    def carry_out(self, actor: User) -> ApiToken:
        """Make the token, and hand it on to the page that shows it."""
        data = self.cleaned_data
        token, plain = create_token(
            actor=actor,
            user=data["user"],
            name=data["name"],
            scopes=data["scopes"],
            lifetime=timedelta(days=data["days"]),
            production_only=data["production_only"],
        )
        token.plain = plain  # type: ignore[attr-defined]
        return token
