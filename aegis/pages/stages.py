"""Stages as pages show them: MLflow's None is Development."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StageLook:
    """``key`` is for ``data-stage`` and the icon, ``name`` for people."""

    key: str
    name: str


NAMES = ("Development", "Staging", "Production", "Archived")
_BY_KEY = {name.lower(): StageLook(name.lower(), name) for name in NAMES}


def stage_look(value: str | None) -> StageLook:
    """Return how a stage is shown; ``None`` and ``"None"`` are Development.

    Raises ``KeyError`` for a word that is no stage.
    """
    key = str(value or "None").lower()
    return _BY_KEY["development" if key == "none" else key]
