"""Imports in one call, for scripts that need no ``ModelRegistry`` of their own."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from aegis.sdk.documents import Version
from aegis.sdk.progress import Watcher
from aegis.sdk.registry import ModelRegistry


class Wanted(TypedDict, total=False):
    """What all ways in take. See ``ModelRegistry.import_huggingface``."""

    version: str | None
    team: str | None
    sign_key: str | None
    new_version: bool
    keep_temp: bool
    wait: bool
    progress: Watcher


class WantedOfHub(Wanted, total=False):
    """What is wanted of a repository."""

    local: bool
    revision: str
    include: Sequence[str]
    exclude: Sequence[str]


class WantedOfBucket(Wanted, total=False):
    """What is wanted of a bucket."""

    bucket: str | None
    include: Sequence[str]
    exclude: Sequence[str]


class WantedOfMlflow(Wanted, total=False):
    """What names a model of MLflow."""

    local: bool
    run_id: str | None
    artifact_path: str | None
    uri: str | None
    server: str | None


def import_huggingface(
    repo_id: str,
    model_name: str,
    *,
    url: str | None = None,
    token: str | None = None,
    **wanted: Unpack[WantedOfHub],
) -> Version:
    """Do what ``ModelRegistry.import_huggingface`` does, at the registry of ``url`` and ``token``.

    They are AEGIS_URL and AEGIS_TOKEN if left out.
    """
    with ModelRegistry(url, token) as registry:
        return registry.import_huggingface(repo_id, model_name, **wanted)


def import_mlflow(
    model_name: str,
    *,
    url: str | None = None,
    token: str | None = None,
    **wanted: Unpack[WantedOfMlflow],
) -> Version:
    """Do what ``ModelRegistry.import_mlflow`` does, at the registry of ``url`` and ``token``.

    They are AEGIS_URL and AEGIS_TOKEN if left out.
    """
    with ModelRegistry(url, token) as registry:
        return registry.import_mlflow(model_name, **wanted)


def import_s3(
    uri: str,
    model_name: str,
    *,
    url: str | None = None,
    token: str | None = None,
    **wanted: Unpack[WantedOfBucket],
) -> Version:
    """Do what ``ModelRegistry.import_s3`` does, at the registry of ``url`` and ``token``.

    They are AEGIS_URL and AEGIS_TOKEN if left out.
    """
    with ModelRegistry(url, token) as registry:
        return registry.import_s3(uri, model_name, **wanted)


def promote_mlflow_run(  # noqa: PLR0913 -- What names a run and its version, half of it by name.
    run_id: str,
    artifact_path: str,
    model_name: str,
    sign_key: str | None = None,
    *,
    server: str | None = None,
    version: str | None = None,
    team: str | None = None,
    wait: bool = True,
    url: str | None = None,
    token: str | None = None,
) -> Version:
    """Register an artifact of a run of MLflow as the next version of a model, and return it.

    It is scanned, packed and signed with ``sign_key``, a name of the registry's list; the run then
    bears the tags ``aegis.registry.*``. See ``ModelRegistry.import_mlflow`` for the rest.
    """
    return import_mlflow(
        model_name,
        run_id=run_id,
        artifact_path=artifact_path,
        sign_key=sign_key,
        server=server,
        version=version,
        team=team,
        wait=wait,
        url=url,
        token=token,
    )
