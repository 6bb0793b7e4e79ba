"""The view of the catalog that shows what came from the Hugging Face Hub, a page at a time."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from aegis.accounts.models import Team, User
from aegis.pages.statuses import Look, look
from imports.hub_catalog import hub_catalog, teams_in_hub_catalog
from imports.hub_origins import News, news_of
from registry.models import ModelVersion

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class HubRow:
    """A version, the commit that it is, and what the hub has now."""

    origin: Any
    news: News

    @property
    def version(self) -> ModelVersion:
        """Return the version that was imported."""
        version: ModelVersion = self.origin.version
        return version

    @property
    def url(self) -> str:
        """Return the page of the commit on the hub."""
        return f"{self.origin.endpoint}/{self.origin.repo}/tree/{self.origin.commit}"

    @property
    def look(self) -> Look:
        """Return how it stands beside the hub."""
        return look("news", self.news.state)

    @property
    def offers_import(self) -> bool:
        """Say whether this reader may import the newer commit, and it is not here yet."""
        return self.news.is_wanted and self.origin.may_import

    @property
    def signature(self) -> Look:
        """Return how its signature stands."""
        if not self.origin.key_name:
            return look("signature", "unsigned")
        if self.origin.compromised_at:
            return look("signature", "compromised")
        return look("signature", "development" if self.origin.is_development else "signed")


@dataclass(frozen=True, slots=True)
class HubPage:
    """A page of versions from the hub, and by what the reader narrowed them."""

    page: Page[Any]
    rows: list[HubRow]
    teams: list[Team]
    q: str
    team: str
    newer: bool
    older: bool

    @property
    def is_filtered(self) -> bool:
        """Say whether the reader left some out."""
        return bool(self.q or self.team or self.newer)

    @property
    def address(self) -> str:
        """Return the address of the view with nothing left out."""
        return f"/?{urlencode({'from': 'huggingface'})}"


def load_hub_page(user: User, chosen: QueryDict) -> HubPage:
    """Return what ``user`` sees of what came from the hub; ``chosen`` are the filters."""
    q, team = chosen.get("q", "").strip(), chosen.get("team", "")
    newer, older = "newer" in chosen, "older" in chosen
    found = hub_catalog(user, q=q, team=team, newer=newer, older=older)
    page = Paginator(found, PER_PAGE).get_page(chosen.get("page"))
    return HubPage(
        page=page,
        rows=[HubRow(origin, news_of(origin)) for origin in page.object_list],
        teams=list(teams_in_hub_catalog(user)),
        q=q,
        team=team,
        newer=newer,
        older=older,
    )
