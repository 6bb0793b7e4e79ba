"""Everything that the page of a registered model shows, loaded in few queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from aegis.accounts.models import User
from aegis.pages.card_view import CardView, card_view
from aegis.pages.production_strip import Strip, strip_of
from aegis.pages.versions_table import VersionsTable, load_versions
from approvals.governing import policies_in_force
from approvals.models import Decision, PolicyRevision, PromotionRequest, StageTransition
from approvals.states import UNDER_WAY
from imports.hub_origins import News, load_behind, news_of
from imports.models import HubOrigin
from registry.models import Alias, CardRevision, ModelVersion, RegisteredModel, Stage
from registry.permissions import CONTRIBUTE, MAINTAIN, REVIEW, permissions_of

RECENT = 5


@dataclass(frozen=True, slots=True)
class InStage:
    """A stage of the summary: the version there, since when, who approved, what is asked."""

    stage: Stage
    version: ModelVersion | None
    move: StageTransition | None
    approvers: tuple[User, ...]
    requests: tuple[PromotionRequest, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """The newest version of a hub, of which that has a newer commit that no version is."""

    origin: HubOrigin
    news: News
    offers_import: bool


@dataclass(frozen=True, slots=True)
class ModelPage:
    """A registered model as one person sees it; ``held`` are their permissions for it."""

    model: RegisteredModel
    held: frozenset[str]
    stages: tuple[InStage, ...]
    table: VersionsTable
    strip: Strip | None
    aliases: tuple[Alias, ...]
    policies: tuple[PolicyRevision, ...]
    card: CardView | None
    behind: Behind | None

    @property
    def may_contribute(self) -> bool:
        """Say whether this person adds versions and changes descriptions."""
        return CONTRIBUTE in self.held

    @property
    def in_production(self) -> ModelVersion | None:
        """Return the version in Production."""
        return next((found.version for found in self.stages if found.stage == "Production"), None)

    @property
    def named(self) -> ModelVersion | None:
        """Return the version that is in Production, or else the newest that is ready."""
        ready = (row.version for row in self.table.rows if row.version.is_ready)
        return self.in_production or next(ready, None)

    @property
    def may_roll_back(self) -> bool:
        """Say whether this person may roll back, once there is something to roll back to."""
        return bool(self.held & {MAINTAIN, REVIEW})

    @property
    def may_maintain(self) -> bool:
        """Say whether this person shares the model."""
        return MAINTAIN in self.held

    @property
    def was_rolled_out_twice(self) -> bool:
        """Say whether a version was in Production before the one that is there."""
        return self.strip is not None and len(self.strip.periods) > 1


def load_model_page(model: RegisteredModel, user: User) -> ModelPage:
    """Return what the page of ``model`` shows to ``user``."""
    moves = _moves(model)
    requests = list(
        PromotionRequest.objects.filter(
            version__registered_model=model, state__in=UNDER_WAY
        ).order_by("number")
    )
    there = _versions_there(model)
    stages = tuple(_stages(there, moves, requests))
    shown = next((found.version for found in stages if found.version), None)
    held = permissions_of(user, model)
    return ModelPage(
        model=model,
        held=held,
        stages=stages,
        table=load_versions(model, per_page=RECENT),
        strip=strip_of(moves),
        aliases=tuple(Alias.objects.filter(registered_model=model).select_related("version")),
        policies=tuple(
            policy
            for policy in policies_in_force()
            if model.risk_tier in policy.risk_tiers and policy.team_id in {None, model.team_id}
        ),
        card=_card(shown),
        behind=_behind(model, held),
    )


def _behind(model: RegisteredModel, held: frozenset[str]) -> Behind | None:
    origin = load_behind(model)
    if origin is None:
        return None
    return Behind(origin, news_of(origin), origin.team_may and CONTRIBUTE in held)


def _moves(model: RegisteredModel) -> list[StageTransition]:
    """Return the moves of all versions, in the order of time."""
    moves = StageTransition.objects.filter(version__registered_model=model)
    return list(moves.select_related("version", "actor", "request").order_by("moved_at", "pk"))


def _versions_there(model: RegisteredModel) -> dict[str, ModelVersion]:
    """Return the version in each stage, of Development the newest."""
    versions = ModelVersion.objects.filter(registered_model=model).select_related("created_by")
    occupied = Q(stage__in=[Stage.PRODUCTION, Stage.STAGING])
    newest = versions.filter(stage=Stage.NONE).order_by("-number").values("pk")[:1]
    found = versions.filter(occupied | Q(pk__in=list(newest.values_list("pk", flat=True))))
    return {version.stage: version for version in found}


def _stages(
    there: Mapping[str, ModelVersion],
    moves: Iterable[StageTransition],
    requests: Iterable[PromotionRequest],
) -> Iterable[InStage]:
    last = {(move.version_id, move.target): move for move in moves}
    came = {stage: last.get((version.pk, stage)) for stage, version in there.items()}
    approvers = _approvers(move.request_id for move in came.values() if move)
    asked = list(requests)
    for stage in (Stage.PRODUCTION, Stage.STAGING, Stage.NONE):
        version, move = there.get(stage), came.get(stage)
        yield InStage(
            stage,
            version,
            move,
            approvers.get(move.request_id, ()) if move and move.request_id else (),
            tuple(one for one in asked if version and one.version_id == version.pk),
        )


def _approvers(requests: Iterable[UUID | None]) -> dict[UUID, tuple[User, ...]]:
    decisions = Decision.objects.filter(
        request__in=[key for key in requests if key], verdict="approve", dismissal=None
    )
    people: dict[UUID, tuple[User, ...]] = {}
    for decision in decisions.select_related("decided_by").order_by("decided_at"):
        known = people.get(decision.request_id, ())
        people[decision.request_id] = (*known, decision.decided_by)
    return people


def _card(version: ModelVersion | None) -> CardView | None:
    if version is None:
        return None
    revisions = CardRevision.objects.filter(version=version).select_related("published_by")
    revision = revisions.order_by("-number").first()
    return card_view(version, revision) if revision else None
