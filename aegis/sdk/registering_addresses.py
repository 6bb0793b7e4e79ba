"""Registering what lies in a bucket: the registry fetches it, the rest is as for files here."""

from contextlib import suppress
from pathlib import Path
from typing import Final

from aegis.problems import Conflict, Invalid, Refusal
from aegis.sdk import importing
from aegis.sdk.documents import Import, Version
from aegis.sdk.http import Connection
from aegis.sdk.progress import Watcher
from aegis.sdk.registering import Wish, make_model, state_metrics

_SCHEME: Final = "s3://"


def is_address(path: str | Path) -> bool:
    """Say whether a path is the address of a bucket; a ``Path`` of one has lost a slash."""
    if isinstance(path, Path) and path.as_posix().startswith("s3:/"):
        raise Invalid(
            "model_path_invalid",
            "An address of a bucket is no path of this machine.",
            field="model_path",
            mend="Give it as text.",
        )
    return isinstance(path, str) and path.startswith(_SCHEME)


def register(connection: Connection, wish: Wish, *, wait: bool, watcher: Watcher) -> Version:
    """Have the registry bring in what lies at the address; see ``registering.register``.

    It is looked up before the model is made, so that a slip in the address leaves nothing behind.
    """
    if wish.signer is not None:
        raise Invalid(
            "signer_needs_files",
            "What lies in a bucket is not here to be signed.",
            field="signer",
            mend="Let the registry sign it, or download it and register the files.",
        )
    asked = importing.Wish(
        source="s3",
        reference={"uri": wish.path},
        model=wish.model,
        team=wish.team or wish.tags.get("team"),
        label=wish.label,
        sign_key=wish.sign_key,
        new_version=wish.new_version,
        description=wish.description,
        facts=wish.all_facts,
    )
    job = importing.plan(connection, asked, keep=True, watcher=watcher)
    number = job.number
    try:
        _refuse_refused(job)
        make_model(connection, wish)
        importing.act(connection, number, "start")
    except Refusal:
        with suppress(Refusal):  # Why it is not wanted any more is what there is to be told.
            importing.act(connection, number, "cancel")
        raise
    version = importing.see_through(connection, number, wait=False, watcher=watcher)
    if not version.already_registered:
        state_metrics(connection, wish, version, f"import-{number}")
    if not wait or version.already_registered:
        return version
    return importing.see_through(connection, number, wait=True, watcher=watcher)


def _refuse_refused(job: Import) -> None:
    for notice in (job.found or {}).get("notices", ()):
        if notice["refuses"]:
            raise Conflict(notice["code"], notice["sentence"])
