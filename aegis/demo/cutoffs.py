"""A class of the sample's own, which one of its models is saved with: as a pickle, alas."""

import pickle
from collections.abc import Mapping


class Cutoffs:
    """How sure the model has to be of each species before a label is printed."""

    def __init__(self, by_species: Mapping[str, float]) -> None:
        self.by_species = dict(by_species)

    def is_sure(self, species: str, probability: float) -> bool:
        """Say whether ``probability`` is enough for a label."""
        return probability >= self.by_species[species]


def pickled(by_species: Mapping[str, float]) -> bytes:
    """Return cutoffs as somebody in a hurry saves them: loading the file imports this module."""
    return pickle.dumps(Cutoffs(by_species), protocol=4)
