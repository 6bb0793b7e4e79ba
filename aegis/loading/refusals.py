"""Why a model was not loaded."""

from typing import Final

from aegis.problems import Forbidden, Refusal

CONVERT: Final = "aegis-registry[convert]"


class LoadFailed(Refusal):
    """The model could not be loaded, or did not predict: what a load check is there to find."""


class Unrecognised(Refusal):
    """Nothing among the files is a model that can be loaded here."""


class Missing(Refusal):
    """What the model needs to be loaded is not installed on this machine."""


class NoWalls(Forbidden):
    """The network cannot be taken from a process on this machine."""
