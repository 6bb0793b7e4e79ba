"""Estimators of scikit-learn into skops, which loads them without running a pickle."""

from collections.abc import Sequence
from pathlib import Path

from aegis.converters.protocol import Given, ModelFile
from imports.converters import estimators


class SklearnToSkops:
    """Writes ``model.skops``."""

    name = "sklearn-to-skops"
    version = "1"
    writes = "skops"
    title = "skops"
    about = "From a pickled scikit-learn estimator: the same, loaded without running code."
    requires = ("scikit-learn", "skops")
    install = estimators.INSTALL

    def reads(self, files: Sequence[ModelFile]) -> bool:
        """Say whether one of them is a pickled estimator."""
        return len(estimators.pickled(files)) == 1

    def convert(self, given: Given, to: Path) -> None:
        """Load the estimator and write it anew."""
        import skops.io  # noqa: PLC0415 - only a conversion needs it.

        skops.io.dump(estimators.load(given), to / "model.skops")
        estimators.bring_along(given, to)
