"""skops files: scikit-learn's models without a pickle's programs."""

from pathlib import Path
from typing import Final

from aegis.loading.flavours.choosing import head, members, the_file
from aegis.loading.flavours.estimators import loaded
from aegis.loading.protocol import Found, Loaded

_ZIP: Final = b"PK\x03\x04"


class Skops:
    """Archives with a ``schema.json``."""

    name = "skops"

    def recognise(self, folder: Path, path: str | None) -> Found | None:
        """Find the archive."""
        found = the_file(folder, path, _is_skops)
        needs = ("numpy", "sklearn", "skops")
        return Found(self.name, "A scikit-learn model in skops", found, needs) if found else None

    def load(self, folder: Path, path: str) -> Loaded:
        """Load it with every type that it names: the walls hold what those may do."""
        import skops.io

        place = folder / path
        return loaded(skops.io.load(place, trusted=skops.io.get_untrusted_types(file=place)))


def _is_skops(place: Path) -> bool:
    if head(place, 4) != _ZIP or place.suffix.lower() in {".keras", ".npz", ".pt", ".pth"}:
        return False
    return "schema.json" in members(place)
