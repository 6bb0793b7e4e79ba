"""Which origins a client can fetch from, by the source's name and a reference in its words."""

from collections.abc import Mapping
from typing import Any

from aegis.problems import Invalid
from aegis.sdk.local.huggingface import HubOrigin
from aegis.sdk.local.mlflow import MlflowOrigin
from aegis.sdk.local.origins import LocalOrigin


def origin_of(source: str, reference: Mapping[str, Any]) -> LocalOrigin:
    """Return the origin that a reference names; nobody is asked yet."""
    if source == "huggingface":
        return HubOrigin(
            reference["repo"],
            reference.get("revision") or "main",
            reference.get("include") or (),
            reference.get("exclude") or (),
        )
    if source == "mlflow":
        return MlflowOrigin(reference)
    raise Invalid("import_source_unknown", f"Nothing is fetched here from {source[:40]!a}.")
