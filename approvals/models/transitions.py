"""Stage transitions, and the guard that lets a version's stage follow only them."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from aegis.accounts.person_sql import PERSON
from aegis.firm import Firm, append_only, refuse
from aegis.keys import new_key
from approvals.machine import sql_rows, stage_edges
from approvals.models.requests import PromotionRequest
from approvals.states import TransitionKind
from registry.models import ModelVersion, Stage
from registry.models.conversion_rules import is_uncompared, parent_is_held_back
from registry.models.scan_rules import uncovered
from registry.visibility import PartOfVersionQuerySet

_COMMON_CHECKS = f"""
    SELECT * INTO v FROM registry_modelversion WHERE id = NEW.version_id FOR UPDATE;
    IF v.state IS DISTINCT FROM 'ready' THEN
        {refuse("Only a ready version changes its stage.")}
    END IF;
    IF NEW.sequence <> v.stage_sequence + 1 OR NEW.source <> v.stage THEN
        {refuse("The transition does not follow the version's last one.")}
    END IF;
    IF NEW.target IN ('Staging', 'Production')
       AND (v.quarantined_at IS NOT NULL OR v.recalled_at IS NOT NULL) THEN
        {refuse("A quarantined or recalled version is not put into use.")}
    END IF;
    IF NEW.target IN ('Staging', 'Production') AND EXISTS (
        SELECT 1 FROM registry_modelversion o
        WHERE o.registered_model_id = v.registered_model_id AND o.digest = v.digest
            AND o.recalled_at IS NOT NULL) THEN
        {refuse("The model recalled a version of the same files.")}
    END IF;
    IF NEW.target IN ('Staging', 'Production') AND EXISTS ({uncovered("v.id")}) THEN
        {refuse("No valid waiver covers what the scan found.")}
    END IF;
    IF NEW.target IN ('Staging', 'Production') AND v.source = 'conversion' THEN
        IF {is_uncompared("v.id", "v.digest")} THEN
            {refuse("No comparison shows that the converted version does what its parent does.")}
        END IF;
        IF {parent_is_held_back("v.id")} THEN
            {refuse("The version that it was converted from is recalled or in quarantine.")}
        END IF;
    END IF;
    IF (NEW.kind, NEW.source, NEW.target) NOT IN ({sql_rows(stage_edges())}) THEN
        {refuse("A version does not go from % to % by %.", "NEW.source", "NEW.target", "NEW.kind")}
    END IF;
"""

_FIELD_CHECKS = f"""
    IF NEW.kind = 'rollback' AND NOT EXISTS (
        SELECT 1 FROM approvals_stagetransition t
        WHERE t.version_id = v.id AND t.target = 'Production') THEN
        {refuse("Only a version that was in Production before is rolled back to.")}
    END IF;
    IF NEW.kind = 'recall' AND v.recalled_at IS NULL THEN
        {refuse("Only a recall takes a version out of use for that reason.")}
    END IF;
    IF NEW.kind IN ('rollback', 'archive', 'recall')
       AND (btrim(NEW.reason) = '' OR NEW.actor_id IS NULL) THEN
        {refuse("This transition needs a reason and somebody who answers for it.")}
    END IF;
    IF NEW.kind = 'superseded' AND NEW.cause_id IS NULL THEN
        {refuse("A version makes room only for the transition that it names.")}
    END IF;
"""

_PROMOTION_CHECKS = f"""
    IF NEW.kind = 'promotion' THEN
        SELECT * INTO m FROM registry_registeredmodel WHERE id = v.registered_model_id;
        SELECT * INTO r FROM approvals_promotionrequest WHERE id = NEW.request_id FOR UPDATE;
        IF r.id IS NULL OR r.version_id <> v.id OR r.target <> NEW.target
           OR r.state <> 'promoting' THEN
            {refuse("A promotion names its approved request for this version and stage.")}
        END IF;
        IF NOT EXISTS (SELECT 1 FROM registry_signature s WHERE s.version_id = v.id
                       AND s.manifest_digest = v.digest) THEN
            {refuse("The artifact is not signed.")}
        END IF;
        IF NOT EXISTS (SELECT 1 FROM registry_scanreport s WHERE s.version_id = v.id
                       AND s.manifest_digest = v.digest) THEN
            {refuse("The artifact was not scanned.")}
        END IF;
        PERFORM 1 FROM registry_signature s
            JOIN registry_signingkeyversion k ON k.hint = s.key_hint AND k.compromised_at IS NULL
            WHERE s.version_id = v.id AND s.manifest_digest = v.digest FOR SHARE OF k;
        IF NOT FOUND THEN
            {refuse("The artifact is signed only with a compromised key.")}
        END IF;
        IF NOT EXISTS (SELECT 1 FROM approvals_promotionstatement s
                       WHERE s.request_id = r.id AND s.manifest_digest = v.digest
                       AND s.subject_revision = v.subject_revision) THEN
            {refuse("The promotion statement of the present subject is not signed.")}
        END IF;
        IF EXISTS (SELECT 1 FROM approvals_decision d WHERE d.request_id = r.id
                   AND d.verdict <> 'approve' AND d.subject_revision = v.subject_revision
                   AND NOT EXISTS (SELECT 1 FROM approvals_dismissal x
                                   WHERE x.decision_id = d.id)) THEN
            {refuse("A reviewer asked for changes or rejected.")}
        END IF;
        matched := 0;
        FOR p IN SELECT DISTINCT ON (policy_id) * FROM approvals_policyrevision
                 ORDER BY policy_id, number DESC LOOP
            CONTINUE WHEN NOT p.in_force OR p.target <> NEW.target
                OR NOT (m.risk_tier = ANY (p.risk_tiers))
                OR (p.team_id IS NOT NULL AND p.team_id <> m.team_id);
            matched := matched + 1;
            SELECT count(DISTINCT coalesce(u.same_person_as_id, u.id)) INTO counted
            FROM approvals_decision d JOIN accounts_user u ON u.id = d.decided_by_id
            WHERE d.request_id = r.id AND d.verdict = 'approve'
                AND d.subject_revision = v.subject_revision
                AND NOT EXISTS (SELECT 1 FROM approvals_dismissal x WHERE x.decision_id = d.id)
                AND u.is_active AND NOT u.is_service
                AND coalesce(u.same_person_as_id, u.id) NOT IN (
                    SELECT {PERSON.format("maker")} FROM (
                        SELECT r.requested_by_id AS maker
                        UNION ALL SELECT v.created_by_id
                        UNION ALL SELECT o.created_by_id FROM registry_derivation d
                            JOIN registry_modelversion o ON o.id = d.parent_id
                            WHERE d.version_id = v.id
                        UNION ALL SELECT c.published_by_id FROM registry_cardrevision c
                            WHERE c.version_id = v.id
                        UNION ALL SELECT e.attached_by_id FROM registry_evidence e
                            WHERE e.version_id = v.id) makers)
                AND (cardinality(p.groups) = 0 OR EXISTS (
                    SELECT 1 FROM accounts_user_groups g
                    WHERE g.user_id = u.id AND g.group_id = ANY (p.groups)));
            IF counted < p.approvals_required THEN
                {refuse("% of % approvals count.", "counted", "p.approvals_required")}
            END IF;
            SELECT g.gate INTO missing FROM approvals_policygate g
            WHERE g.revision_id = p.id AND g.is_blocking AND coalesce((
                SELECT x.outcome FROM approvals_gateresult x WHERE x.request_id = r.id
                    AND x.policy_revision_id = p.id AND x.gate = g.gate
                    AND x.subject_revision = v.subject_revision
                ORDER BY x.id DESC LIMIT 1), 'fail') NOT IN ('pass', 'warn') LIMIT 1;
            IF missing IS NOT NULL THEN
                {refuse("The gate % has not passed.", "missing")}
            END IF;
        END LOOP;
        IF matched = 0 THEN
            {refuse("No policy governs this move, so it is not made.")}
        END IF;
    END IF;
    RETURN NEW;
"""


class StageTransition(models.Model):
    """That a version changed its stage: who, why, from where, to where.

    ``sequence`` numbers the transitions of a version from 1. The row comes first;
    the version then follows it, in the same transaction.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="transitions")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=TransitionKind.choices)
    source = models.CharField(max_length=10, choices=Stage.choices)
    target = models.CharField(max_length=10, choices=Stage.choices)
    request = models.ForeignKey(
        PromotionRequest,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="transitions",
    )
    cause = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="consequences",
        help_text="The transition of the other version that this one made room for.",
    )
    reason = models.TextField(blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    moved_at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-moved_at", "-sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version", "sequence"], name="approvals_transition_sequence_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=TransitionKind.values), name="approvals_transition_kind"
            ),
        ]
        triggers: ClassVar = [
            *append_only(),
            Firm(
                name="guard",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("v", "registry_modelversion%ROWTYPE"),
                    ("m", "registry_registeredmodel%ROWTYPE"),
                    ("r", "approvals_promotionrequest%ROWTYPE"),
                    ("p", "approvals_policyrevision%ROWTYPE"),
                    ("matched", "integer"),
                    ("counted", "integer"),
                    ("missing", "text"),
                ],
                func=_COMMON_CHECKS + _FIELD_CHECKS + _PROMOTION_CHECKS,
            ),
            Firm(
                name="followed_by_its_version",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[("reached", "integer")],
                func=f"""
                    SELECT stage_sequence INTO reached FROM registry_modelversion
                        WHERE id = NEW.version_id;
                    IF reached < NEW.sequence THEN
                        {refuse("A transition was recorded that its version did not make.")}
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.source} to {self.target}"


class GovernedVersion(ModelVersion):
    """A version whose stage moves only along a recorded transition."""

    class Meta:
        proxy = True
        triggers: ClassVar = [
            Firm(
                name="stage_follows_transitions",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                declare=[("t", "approvals_stagetransition%ROWTYPE")],
                func=f"""
                    IF NEW.stage IS NOT DISTINCT FROM OLD.stage
                       AND NEW.stage_sequence IS NOT DISTINCT FROM OLD.stage_sequence THEN
                        RETURN NEW;
                    END IF;
                    SELECT * INTO t FROM approvals_stagetransition
                        WHERE version_id = NEW.id AND sequence = NEW.stage_sequence;
                    IF t.id IS NULL OR NEW.stage_sequence <> OLD.stage_sequence + 1
                       OR t.source <> OLD.stage OR t.target <> NEW.stage THEN
                        {refuse("A stage changes only along a recorded transition.")}
                    END IF;
                    RETURN NEW;
                """,
            )
        ]
