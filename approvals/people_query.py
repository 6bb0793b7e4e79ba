"""The people around a request, with their groups, in one query."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import JSONObject

from aegis.accounts.models import User
from approvals.json_rows import keep_related
from approvals.models import PolicyRevision
from registry.models import RegisteredModel
from registry.permissions import REVIEW, people_who_may


@dataclass(frozen=True, slots=True)
class People:
    """Users by key. ``reviewers`` are the keys of those who may review the model."""

    by_key: Mapping[UUID, User]
    reviewers: frozenset[UUID]

    def __getitem__(self, key: UUID) -> User:
        return self.by_key[key]

    def get(self, key: UUID | None) -> User | None:
        """Return a user; None stands for Aegis itself."""
        return self.by_key[key] if key else None

    def groups_of(self, key: UUID) -> frozenset[int]:
        """Return the keys of a user's groups."""
        return frozenset(group.pk for group in self.by_key[key].groups.all())

    def person(self, key: UUID) -> UUID:
        """Return the key of the first account of the person behind an account."""
        return self.by_key[key].same_person_as_id or key


def load_people(
    model: RegisteredModel, policies: Iterable[PolicyRevision], keys: Iterable[UUID]
) -> People:
    """Return the users with ``keys``, the reviewers of ``model`` and who is in policies' groups."""
    reviewing = people_who_may(REVIEW, model).filter(pk=OuterRef("pk"))
    wanted = {group for policy in policies for group in policy.groups}
    members = User.groups.through.objects.filter(user=OuterRef("pk"), group__in=wanted)
    groups = Group.objects.filter(user=OuterRef("pk")).order_by("name")
    users: Iterable[Any] = (
        User.objects.annotate(
            may_review=Exists(reviewing),
            group_rows=ArraySubquery(groups.values(json=JSONObject(id="id", name="name"))),
        )
        .filter(
            Q(pk__in=set(keys))
            | Q(may_review=True)
            | (Q(is_active=True, is_service=False) & Exists(members))
        )
        .order_by("username")
    )
    by_key: dict[UUID, User] = {}
    reviewers: set[UUID] = set()
    for user in users:
        keep_related(user, "groups", [Group(**row) for row in user.group_rows])
        by_key[user.pk] = user
        if user.may_review:
            reviewers.add(user.pk)
    return People(by_key, frozenset(reviewers))
