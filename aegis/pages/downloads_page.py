"""The ledger of a version's downloads, a page at a time."""

from dataclasses import dataclass

from aegis.accounts.models import User
from registry.downloads import downloads_of, people_who_fetched
from registry.models import DownloadEvent, ModelVersion

PAGE = 100


@dataclass(frozen=True, slots=True)
class DownloadsPage:
    """Downloads, the newest first, and how many accounts fetched anything at all.

    ``older`` is the download from which the next page goes on.
    """

    version: ModelVersion
    rows: tuple[DownloadEvent, ...]
    accounts: int
    is_first: bool
    older: int | None

    @property
    def name(self) -> str:
        """Return the version as a row names it."""
        return f"v{self.version.number}"


def downloads_page(version: ModelVersion, user: User, *, before: int | None) -> DownloadsPage:
    """Return the downloads of ``version`` below ``before``; raise the refusal if not for them."""
    rows = downloads_of(version, actor=user)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = tuple(rows[: PAGE + 1])
    return DownloadsPage(
        version=version,
        rows=found[:PAGE],
        accounts=people_who_fetched(version).count(),
        is_first=before is None,
        older=found[PAGE - 1].pk if len(found) > PAGE else None,
    )
