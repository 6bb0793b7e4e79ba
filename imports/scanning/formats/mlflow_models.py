"""``MLmodel``: which module MLflow imports to load the model."""

from collections.abc import Iterator
from typing import Any

from imports.scanning.examination import Examination
from imports.scanning.formats.keras_configs import is_of_python
from imports.scanning.formats.saying import brief, note, unsafe


def examine_document(value: dict[str, Any], place: str) -> Iterator[Examination]:
    """Yield what is to be said of a document, which may be an ``MLmodel``."""
    flavors = value.get("flavors")
    if not isinstance(flavors, dict):
        return
    for name, flavor in flavors.items():
        if isinstance(flavor, dict):
            yield from _examine_flavor(str(name), flavor, place)


def _examine_flavor(name: str, flavor: dict[str, Any], place: str) -> Iterator[Examination]:
    module = flavor.get("loader_module")
    if module is not None and not (isinstance(module, str) and module.startswith("mlflow.")):
        sentence = (
            f"The flavor {name} is loaded by importing {brief(module)}, which is not MLflow's."
        )
        is_dangerous = not isinstance(module, str) or is_of_python(module)
        yield unsafe("mlflow_loader", sentence, place, is_dangerous=is_dangerous)
    for key in ("code", "model_code_path"):
        if flavor.get(key):
            sentence = f"The flavor {name} takes Python code along: {brief(flavor[key])}."
            yield note("remote_code", sentence, place)
