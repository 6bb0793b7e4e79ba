"""Models from a hub that speaks as the Hugging Face Hub does."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from aegis.problems import Invalid
from aegis.proof.streams import Readable
from imports.sources.huggingface.choosing import Choice, choose, is_of_git
from imports.sources.huggingface.claims import claims_of
from imports.sources.huggingface.drafting import (
    CONFIG_BYTES,
    about_model,
    draft_of,
    facts_of,
    read_config,
)
from imports.sources.huggingface.front_matter import LARGEST, HubCard, read_card
from imports.sources.huggingface.hub import Hub, Wanted
from imports.sources.huggingface.licences import terms_of
from imports.sources.huggingface.references import Reference
from imports.sources.huggingface.repository import HubFile, Repository
from imports.sources.huggingface.warnings import notices_of_code, notices_of_files
from imports.sources.protocol import LeftOutFile, Notice, Plan, PlannedFile

CARD: Final = "README.md"
CONFIG: Final = "config.json"


@dataclass(frozen=True, slots=True)
class HuggingFaceSource:
    """The hub at ``endpoint``, read with ``token`` where one is given."""

    endpoint: str
    token: str | None = field(default=None, repr=False)

    kind: ClassVar[str] = "huggingface"

    @property
    def hub(self) -> Hub:
        """What asks the hub."""
        return Hub(self.endpoint.rstrip("/"), self.token)

    def plan(self, reference: Mapping[str, Any]) -> Plan:
        """Resolve the revision to a commit, and say what would be imported of it."""
        asked = Reference.read(reference)
        repository = self.hub.repository(asked.repo, asked.revision)
        if not repository.files:
            raise Invalid("hub_repo_empty", f"{repository.name} has no files at {asked.revision}.")
        choice = choose(repository.files, asked)
        if repository.is_gated and choice.taken:
            self.hub.require_readable(_wanted(repository, choice.taken[0]))
        card, config = self._card(repository), self._config(repository)
        sections, cut = draft_of(card)
        claims = claims_of(card)
        page = self.hub.page(repository.name)
        return Plan(
            identity=f"{self.kind}:{page}@{repository.commit}",
            shown=f"{repository.name}@{repository.commit[:12]}",
            url=self.hub.page(repository.name, repository.commit),
            pinned={
                "endpoint": self.hub.endpoint,
                "repo": repository.name,
                "revision": asked.revision,
                "commit": repository.commit,
            },
            files=tuple(map(_planned, choice.taken)),
            left_out=tuple(
                LeftOutFile(file.path, rule, file.size, file.sha256, of_model=not is_of_git(file))
                for file, rule in choice.left
            ),
            facts=facts_of(repository, card, config, page),
            metrics=tuple(claims.metrics),
            left_out_metrics=claims.left_out,
            card=sections,
            about_model=about_model(repository, card),
            notices=(
                *notices_of_files(choice.taken, len(choice.left)),
                *_notices(asked, repository, card),
                *notices_of_code(choice.taken, config if _takes(choice, CONFIG) else {}),
                *cut,
            ),
        )

    def open(
        self, plan: Plan, file: PlannedFile, *, offset: int
    ) -> AbstractContextManager[Readable]:
        """Open a file of the pinned commit."""
        pinned = plan.pinned
        wanted = Wanted(pinned["repo"], pinned["commit"], file.place, file.size, file.mark)
        return self.hub.open(wanted, offset=offset)

    def annotate(self, plan: Plan, tags: Mapping[str, str]) -> None:
        """Do nothing: a repository belongs to its publishers."""

    def read_back(self, plan: Plan) -> Mapping[str, str]:  # noqa: ARG002 -- The protocol's.
        """Return nothing: a repository keeps no notes of ours."""
        return {}

    def latest_commit(self, repo: str, revision: str) -> str:
        """Return the commit that a revision is at now, at the price of one small answer."""
        return self.hub.commit(repo, revision)

    def _card(self, repository: Repository) -> HubCard:
        file = repository.file(CARD)
        if file is None:
            return HubCard(fault="there is none")
        data = self._text(repository, file, LARGEST)
        return HubCard(fault="it is too large") if data is None else read_card(data)

    def _config(self, repository: Repository) -> Mapping[str, Any]:
        file = repository.file(CONFIG)
        return read_config(self._text(repository, file, CONFIG_BYTES) if file else None)

    def _text(self, repository: Repository, file: HubFile, most: int) -> bytes | None:
        if (file.size or 0) > most:
            return None
        return self.hub.text(_wanted(repository, file), most=most)


def _wanted(repository: Repository, file: HubFile) -> Wanted:
    return Wanted(repository.name, repository.commit, file.path, file.size, file.blob)


def _planned(file: HubFile) -> PlannedFile:
    return PlannedFile(file.path, file.path, file.size, file.sha256, file.blob)


def _takes(choice: Choice, path: str) -> bool:
    return any(file.path == path for file in choice.taken)


def _notices(asked: Reference, repository: Repository, card: HubCard) -> tuple[Notice, ...]:
    notices = []
    if repository.name != asked.repo:
        notices.append(
            Notice("hub_repo_renamed", f"{asked.repo} is called {repository.name} by now.")
        )
    if card.fault:
        notices.append(
            Notice(
                "hub_card_unread",
                f"The publishers' card ({CARD}) tells nothing: {card.fault}.",
            )
        )
    terms = terms_of(card)
    if terms:
        notices.append(Notice("hub_licence_terms", f"The licence's terms are at {terms}."))
    return tuple(notices)
