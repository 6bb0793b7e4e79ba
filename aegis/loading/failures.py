"""What became of a child that did not answer, or answered that it could not: in a sentence each."""

import re
from collections.abc import Mapping
from typing import Any, Final

from aegis.loading.bounds import GIBIBYTE, Limits
from aegis.loading.protocol import missing
from aegis.loading.refusals import LoadFailed
from aegis.problems import Refusal
from aegis.sandbox.processes import Gone, Lost, TooSlow

_DOING: Final[Mapping[str, str]] = {
    "start": "Its process did not start",
    "load": "It could not be loaded",
    "predict": "It was loaded and does not predict",
}
_MODULE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}")


def failed(answer: Mapping[str, Any], words: str, stage: str, limits: Limits) -> Refusal:
    """Return the refusal for what the child says that it could not do."""
    code = answer.get("code")
    doing = _DOING[stage]
    package = str(answer.get("package", ""))
    if code == "package_missing" and _MODULE.fullmatch(package):
        return missing([package.partition(".")[0]], title="The model")
    if code == "input_unfit":
        return LoadFailed("input_unfit", f"{doing}: {words}")
    if code == "too_much_memory":
        return _too_much_memory(doing, limits)
    if code == "walled_off":
        return LoadFailed(
            "walled_off",
            f"{doing}: it tried what no model needs and the walls refuse, such as the network, "
            f"another file or another program ({words}).",
        )
    return LoadFailed("model_raised", f"{doing}: {words}")


def lost(error: Lost, stage: str, limits: Limits) -> LoadFailed:
    """Return the refusal for a child that gave no answer."""
    doing = _DOING[stage]
    if isinstance(error, TooSlow):
        seconds = f"{limits.seconds:g} seconds"
        return LoadFailed(
            "too_slow", f"{doing}: it was not done within {seconds}.", mend="Allow more time."
        )
    if isinstance(error, Gone):
        return LoadFailed("child_died", f"{doing}: its process is gone, {error}.")
    return LoadFailed("child_nonsense", f"{doing}: its process gave no answer that makes sense.")


def _too_much_memory(doing: str, limits: Limits) -> LoadFailed:
    size = f"{limits.memory_bytes / GIBIBYTE:.1f} GiB"
    return LoadFailed(
        "too_much_memory", f"{doing}: it takes more memory than {size}.", mend="Allow more memory."
    )
