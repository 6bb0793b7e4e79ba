"""Policies, requests and transitions in the administration: to read.

A request is decided on its review page, which the button “View on site” opens.
"""

from django.contrib import admin
from django.urls import reverse

from aegis.admin import ReadOnlyAdmin, ReadOnlyInline
from approvals.governing import team_names_of
from approvals.models import (
    Comment,
    Decision,
    GateResult,
    PolicyGate,
    PolicyRevision,
    PromotionPolicy,
    PromotionRequest,
    StageTransition,
)
from approvals.policies import sentence_of


class RevisionRows(ReadOnlyInline):
    model = PolicyRevision
    fields = ("number", "target", "approvals_required", "in_force", "published_by", "published_at")
    show_change_link = True


@admin.register(PromotionPolicy)
class PromotionPolicyAdmin(ReadOnlyAdmin):
    open_to_both_roles = True
    list_display = ("name", "created_at")
    search_fields = ("name",)
    inlines = (RevisionRows,)


class GateRows(ReadOnlyInline):
    model = PolicyGate
    fields = ("gate", "parameters", "is_blocking")


@admin.register(PolicyRevision)
class PolicyRevisionAdmin(ReadOnlyAdmin):
    open_to_both_roles = True
    list_display = ("policy", "number", "target", "approvals_required", "in_force", "published_at")
    list_display_links = ("policy", "number")
    list_filter = ("target", "in_force")
    list_select_related = ("policy",)
    fields = (
        *("policy", "number", "sentence", "in_force", "target", "risk_tiers", "team"),
        *("approvals_required", "counting_groups", "expires_after_days", "description"),
        *("digest", "published_by", "published_at"),
    )
    inlines = (GateRows,)

    @admin.display(description="In one sentence")
    def sentence(self, revision: PolicyRevision) -> str:
        return sentence_of(revision)

    @admin.display(description="Approvals that count")
    def counting_groups(self, revision: PolicyRevision) -> str:
        return ", ".join(team_names_of(revision)) or "Every reviewer's"


class DecisionRows(ReadOnlyInline):
    model = Decision
    fields = ("decided_by", "verdict", "comment", "subject_digest", "decided_at")


class CommentRows(ReadOnlyInline):
    model = Comment
    fields = ("written_by", "body", "written_at")


class GateResultRows(ReadOnlyInline):
    model = GateResult
    fields = ("policy_revision", "gate", "outcome", "reason", "is_blocking", "checked_at")


@admin.register(PromotionRequest)
class PromotionRequestAdmin(ReadOnlyAdmin):
    list_display = ("number", "version", "target", "state", "requested_by", "requested_at")
    list_filter = ("state", "target")
    list_select_related = ("version__registered_model", "requested_by")
    search_fields = ("number", "version__registered_model__name")
    inlines = (DecisionRows, CommentRows, GateResultRows)

    def view_on_site(self, request: PromotionRequest) -> str:
        return reverse("pages:review", kwargs={"number": request.number})


@admin.register(StageTransition)
class StageTransitionAdmin(ReadOnlyAdmin):
    list_display = ("version", "sequence", "kind", "source", "target", "actor", "moved_at")
    list_filter = ("kind", "target")
    list_select_related = ("version__registered_model", "actor")
    search_fields = ("version__registered_model__name",)
