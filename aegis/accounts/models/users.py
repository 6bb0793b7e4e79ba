"""Users and the teams they belong to."""

from collections.abc import Iterable
from typing import ClassVar

import pgtrigger
from django.contrib.auth.models import AbstractUser, Group
from django.db import models

from aegis.firm import Firm, NoDelete, refuse
from aegis.keys import new_key

ADMINISTRATORS = "administrators"
"""The group of people who administer people, policies and settings."""
AUDITORS = "auditors"
"""The group of people who read everything and change nothing."""


class User(AbstractUser):
    """A person, or a service account that automation works as.

    Nobody is a superuser: Django and guardian let superusers pass every check.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    first_name = None  # type: ignore[assignment]  # One name, as the person writes it.
    last_name = None  # type: ignore[assignment]
    name = models.CharField(max_length=150)
    is_service = models.BooleanField(
        default=False,
        help_text="A service account uses tokens, never signs in and never decides.",
    )
    same_person_as = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="other_accounts",
        help_text="The first account of the same person. Both together count once.",
    )

    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "email"]

    class Meta:
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_superuser=False),
                name="accounts_user_is_no_superuser",
                violation_error_message="Nobody is a superuser here; use the groups.",
            ),
            models.CheckConstraint(
                condition=~models.Q(same_person_as=models.F("id")),
                name="accounts_user_is_not_a_copy_of_itself",
            ),
            models.UniqueConstraint(
                models.functions.Lower("username"), name="accounts_user_username_any_case"
            ),
            models.UniqueConstraint(
                models.functions.Lower("email"),
                condition=~models.Q(email=""),
                name="accounts_user_email_any_case",
            ),
        ]
        triggers = [
            NoDelete(),
            Firm(
                name="person_is_kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF OLD.same_person_as_id IS NOT NULL
                       AND NEW.same_person_as_id IS DISTINCT FROM OLD.same_person_as_id THEN
                        {refuse("Accounts of one person are not taken apart again.")}
                    END IF;
                    IF NEW.id <> OLD.id OR NEW.is_service <> OLD.is_service THEN
                        {refuse("A user's key and kind do not change.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
            # Whoever counts people looks one account further, so there is never a second one.
            Firm(
                name="first_account_is_the_first",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("first", "accounts_user%ROWTYPE")],
                func=f"""
                    IF NEW.same_person_as_id IS NULL THEN
                        RETURN NEW;
                    END IF;
                    SELECT * INTO first FROM accounts_user
                        WHERE id = NEW.same_person_as_id FOR NO KEY UPDATE;
                    IF first.same_person_as_id IS NOT NULL OR EXISTS (
                        SELECT 1 FROM accounts_user WHERE same_person_as_id = NEW.id) THEN
                        {refuse("A further account names the person's first account.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def is_administrator(self) -> bool:
        """Say whether this active account administers the registry."""
        return self.is_active and ADMINISTRATORS in self.group_names

    @property
    def is_auditor(self) -> bool:
        """Say whether this active account reads everything."""
        return self.is_active and AUDITORS in self.group_names

    @property
    def group_names(self) -> frozenset[str]:
        """Return the names of the user's groups, read once for each instance."""
        if not hasattr(self, "_group_names"):
            self._group_names = frozenset(group.name for group in self.groups.all())
        return self._group_names

    def keep_group_names(self, names: Iterable[str]) -> None:
        """Spare this instance the query for ``group_names``, whose answer the caller has."""
        self._group_names = frozenset(names)


class Team(models.Model):
    """People who own registered models or decide about them; its members are the group's."""

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="team")

    class Meta:
        ordering = ["name"]
        triggers = [NoDelete()]

    def __str__(self) -> str:
        return self.name
