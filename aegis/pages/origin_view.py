"""Where a version was fetched from, as its page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass

from aegis.pages.plan_view import MOST, copy_words, mark_words, pinned_rows
from aegis.pages.reading_view import ReadingView, load_reading
from aegis.pages.statuses import Look, look
from imports.hub_origins import News, load_origin, news_of
from imports.models import Import
from imports.rights import has_import_right
from imports.sources.protocol import LeftOutFile, PlannedFile
from registry.models import ModelVersion, Provenance


@dataclass(frozen=True, slots=True)
class OriginView:
    """The provenance of a version in words; ``import_number`` is that of its import."""

    provenance: Provenance
    import_number: int | None
    all_left_out: tuple[LeftOutFile, ...]
    news: News | None
    may_import: bool
    reading: ReadingView | None

    @property
    def look(self) -> Look:
        """Return how it stands beside the hub."""
        assert self.news is not None
        return look("news", self.news.state)

    @property
    def offers_import(self) -> bool:
        """Say whether this reader may import the newer commit, and it is not here yet."""
        return self.news is not None and self.news.is_wanted and self.may_import

    @property
    def pinned(self) -> list[tuple[str, str]]:
        """Return what the reference was resolved to."""
        return pinned_rows(self.provenance.document["pinned"])

    @property
    def files(self) -> list[PlannedFile]:
        """Return the first files by what their origin knows the bytes by; none where it says no."""
        found = [PlannedFile(**one) for one in self.provenance.document["files"][:MOST]]
        return [file for file in found if file.mark]

    @property
    def mark(self) -> str:
        """Return what the marks of the files are called."""
        return mark_words(self.provenance.identity)

    @property
    def left_out(self) -> tuple[LeftOutFile, ...]:
        """Return the first files that stayed behind."""
        return self.all_left_out[:MOST]

    @property
    def copy(self) -> str:
        """Say whether all files of the model are here."""
        return copy_words(self.all_left_out)

    @property
    def count(self) -> int:
        """Return how many files stayed behind."""
        return len(self.all_left_out)

    @property
    def further(self) -> int:
        """Return how many of them are not shown."""
        return max(0, self.count - MOST)

    @property
    def left_out_metrics(self) -> Mapping[str, str]:
        """Return the metrics that could not be recorded, with the reasons."""
        found: Mapping[str, str] = self.provenance.document["left_out_metrics"]
        return found

    @property
    def notices(self) -> list[str]:
        """Return what was noticed when it was looked up."""
        return [one["sentence"] for one in self.provenance.document["notices"]]


def load_origin_view(version: ModelVersion, *, contributes: bool) -> OriginView | None:
    """Return where ``version`` was fetched from, or is said to be from; None where nothing says.

    What was converted has a part of its own on the page. ``contributes`` says whether the reader
    may add versions to its model.
    """
    if version.source == ModelVersion.Source.CONVERSION:
        return None
    found = Provenance.objects.filter(version=version).select_related("recorded_by").first()
    if found is None:
        return None
    numbers = Import.objects.filter(version=version).values_list("number", flat=True)
    left_out = tuple(LeftOutFile(**one) for one in found.document["left_out"])
    origin = load_origin(version)
    news = news_of(origin) if origin is not None else None
    may_import = contributes and news is not None and news.is_wanted
    if may_import:
        team = version.registered_model.team
        may_import = has_import_right(team, source=version.source)
    reading = load_reading(version)
    return OriginView(found, numbers.first(), left_out, news, may_import, reading)
