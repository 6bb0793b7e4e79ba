"""Signed statements of the moves of stages."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from aegis.firm import append_only
from aegis.keys import new_key
from approvals.models.requests import OF_REQUEST, PromotionRequest, about_the_present
from registry.models.keys import signed_with_a_listed_key


class PromotionStatement(models.Model):
    """The signed in-toto statement that a move to a stage was decided.

    ``envelope`` is DSSE as JSON text. For a promotion ``request`` is set and it is
    made before the move; for a rollback ``transition`` is, and it may come later.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    request = models.ForeignKey(
        PromotionRequest, null=True, on_delete=models.PROTECT, related_name="statements"
    )
    transition = models.OneToOneField(
        "approvals.StageTransition",
        null=True,
        on_delete=models.PROTECT,
        related_name="rollback_statement",
    )
    manifest_digest = models.CharField(max_length=64)
    subject_digest = models.CharField(max_length=64, blank=True)
    subject_revision = models.PositiveBigIntegerField()
    key_name = models.CharField(max_length=120)
    key_version = models.CharField(max_length=20)
    key_hint = models.CharField(max_length=64)
    public_key = models.TextField()
    envelope = models.TextField()
    is_development = models.BooleanField()
    signed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-signed_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(request__isnull=False, transition=None)
                | Q(request=None, transition__isnull=False),
                name="approvals_statement_of_one_move",
            )
        ]
        triggers: ClassVar = [
            *append_only(),
            signed_with_a_listed_key(),
            about_the_present(OF_REQUEST, condition="NEW.request_id IS NOT NULL"),
        ]

    def __str__(self) -> str:
        return f"statement of {self.request or self.transition}"
