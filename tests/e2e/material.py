"""Models that are really trained, with their reports, as folders that people upload."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aegis.demo import cards, training
from aegis.demo.training import Data, Trained


@dataclass(frozen=True, slots=True)
class Material:
    """What a contributor has on disk before they come to Aegis."""

    trained: Trained
    folder: Path
    report: Path
    audit: Path

    @property
    def card(self) -> dict[str, str]:
        """Return the sections of a complete card."""
        return cards.card(cards.BREAST_CANCER, self.trained)


def prepare(place: Path, model: str, *, strength: float = 1.0) -> Material:
    """Train a model named ``model`` and write its files and reports below ``place``."""
    trained = training.train(
        _data(), model=model, team="growth", trained_by="Mina Okafor", C=strength
    )
    folder = place / "release"
    for path, data in trained.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    report, audit = place / "evaluation.json", place / "bias-audit.json"
    report.write_bytes(trained.report)
    audit.write_bytes(trained.audit)
    return Material(trained, folder, report, audit)


@cache
def _data() -> Data:
    return training.breast_cancer()
