"""Registering a version: the model it belongs to, its files, what is stated of it, the wait."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from aegis.problems import Conflict, NotFound
from aegis.proof.manifest import Manifest
from aegis.proof.signing.signer import Signer
from aegis.sdk.documents import Import, Version
from aegis.sdk.http import Connection, quoted
from aegis.sdk.kept import StateFile, UploadState
from aegis.sdk.local_files import LocalModel, find_files
from aegis.sdk.owning import find_model, only_team
from aegis.sdk.progress import Watcher
from aegis.sdk.signing import signed_manifest
from aegis.sdk.uploading import Uploader
from aegis.sdk.waiting import require_done, wait_for_import

# Tags of these names say what the registry has a place of its own for.
_FACTS: Final = ("framework", "task")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be registered. See ``ModelRegistry.register`` for what each part means.

    ``path`` is of this machine, or the address of an object or folder of a bucket as text.
    """

    path: Path | str
    model: str
    team: str | None
    label: str | None
    description: str
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    facts: Mapping[str, Any]
    new_version: bool
    sign_key: str | None
    signer: Signer | None = None

    @property
    def all_facts(self) -> dict[str, Any]:
        """The facts of the version, those among the tags with them."""
        told = {name: self.tags[name] for name in _FACTS if name in self.tags}
        return told | dict(self.facts)

    def version_fields(self) -> dict[str, Any]:
        """Return what the version is made with, beside its upload."""
        return {
            "label": self.label,
            "description": self.description,
            "facts": self.all_facts,
            **({"new_version": True} if self.new_version else {}),
            **({"sign_key": self.sign_key} if self.sign_key else {}),
        }


def register(connection: Connection, wish: Wish, *, wait: bool, watcher: Watcher) -> Version:
    """Bring a version in; return it ready, or pending without ``wait``."""
    root = Path(wish.path)
    found = find_files(root)
    make_model(connection, wish)
    kept = StateFile(url=connection.url, model=wish.model, root=root)
    uploader = Uploader(connection, found, kept, watcher)
    return registered(connection, wish, found, uploader, kept, wait=wait, watcher=watcher)


def registered(
    connection: Connection,
    wish: Wish,
    found: LocalModel,
    uploader: Uploader,
    kept: StateFile,
    *,
    wait: bool,
    watcher: Watcher,
) -> Version:
    """Send files for a model that is there, and return the version that they become."""
    document = _added(connection, wish, found, uploader, kept)
    version = Version.of(document)
    if not document["already_registered"]:
        state_metrics(connection, wish, version, uploader.state.key)
    elif uploader.state.upload:
        connection.send("DELETE", f"uploads/{uploader.state.upload}/")
    made = seen_through(connection, document, kept, wait=wait, watcher=watcher)
    return replace(made, left_out=found.left_out)


def made_before(
    connection: Connection, model: str, fields: Mapping[str, Any], kept: StateFile
) -> dict[str, Any] | None:
    """Return what was answered to an earlier call that was broken off after it; None without."""
    state = kept.load()
    is_same = state.upload is not None and state.version_fields == fields
    if not is_same or not _is_taken(connection, str(state.upload)):
        return None
    return _asked(connection, model, state, fields, key=f"version-{state.key}")


def seen_through(
    connection: Connection,
    document: Mapping[str, Any],
    kept: StateFile,
    *,
    wait: bool,
    watcher: Watcher,
) -> Version:
    """Return the version of an answer once it is ready, or at once without ``wait``."""
    version = Version.of(
        document,
        already_registered=document["already_registered"],
        equals=tuple(document["equals"]),
    )
    if version.already_registered or not wait:
        # Whoever calls again is given the same version.
        kept.forget()
        number = document["import"]
        job = Import.of(connection.get(f"imports/{number}/")) if number else None
        return replace(version, job=job)
    job = wait_for_import(connection, document["import"], watcher=watcher)
    kept.forget()
    require_done(job)
    ready = connection.get(f"models/{quoted(version.model)}/versions/{version.number}/")
    return replace(Version.of(ready), equals=version.equals, job=job)


def make_model(connection: Connection, wish: Wish) -> None:
    """Register the model if there is none of the name, else add the tags that it lacks."""
    further = {name: words for name, words in wish.tags.items() if name not in {*_FACTS, "team"}}
    team = wish.team or wish.tags.get("team")
    model = find_model(connection, wish.model, team=team)
    if model is None:
        about = {name: wish.tags[name] for name in _FACTS if name in wish.tags}
        fields = {"name": wish.model, "team": team or only_team(connection), "tags": further}
        connection.send("POST", "models/", {**fields, **about})
        return
    if further.items() - model["tags"].items():
        tags = {**model["tags"], **further}
        connection.send("PATCH", f"models/{quoted(wish.model)}/", {"tags": tags})


def _added(
    connection: Connection, wish: Wish, found: LocalModel, uploader: Uploader, kept: StateFile
) -> dict[str, Any]:
    """Send the files and have the version made, or find the one that was made before a break."""
    fields = wish.version_fields()
    state = uploader.state
    is_same = state.version_fields == fields and state.knows(found)
    if is_same and state.upload and _is_taken(connection, state.upload):
        return _posted(connection, wish, uploader)
    if not wish.new_version and _looks_known(connection, wish.model, found):
        entries = [uploader.entry(file) for file in found.files]
        uploader.announce(entries)
        document = _try_known(connection, wish, uploader)
        if document is not None:
            return document
    if wish.signer is not None:
        manifest = Manifest.of(uploader.entry(file) for file in found.files)
        signed = signed_manifest(manifest, name=wish.model, is_model=True, signer=wish.signer)
        uploader.bring(signed.data)
    uploader.send()
    uploader.state.version_fields = fields
    kept.save(uploader.state)
    return _posted(connection, wish, uploader)


def _looks_known(connection: Connection, model: str, found: LocalModel) -> bool:
    """Say whether a version has as many files and bytes, so that hashing first may save sending."""
    mark = (len(found.files), found.size)
    rows = connection.pages(f"models/{quoted(model)}/versions/", page_size="100")
    return any((row["file_count"], row["size"]) == mark for row in rows)


def _try_known(connection: Connection, wish: Wish, uploader: Uploader) -> dict[str, Any] | None:
    """Return the version that has the announced bytes, or None where they must be sent."""
    try:
        return _posted(connection, wish, uploader, key=f"known-{uploader.state.key}")
    except Conflict as refusal:
        if refusal.code != "upload_incomplete":
            raise
        return None


def _posted(
    connection: Connection, wish: Wish, uploader: Uploader, key: str | None = None
) -> dict[str, Any]:
    state = uploader.state
    key = key or f"version-{state.key}"
    return _asked(connection, wish.model, state, wish.version_fields(), key=key)


def _asked(
    connection: Connection, model: str, state: UploadState, fields: Mapping[str, Any], *, key: str
) -> dict[str, Any]:
    document: dict[str, Any] = connection.send(
        "POST", f"models/{quoted(model)}/versions/", {"upload": state.upload, **fields}, key=key
    )
    return document


def _is_taken(connection: Connection, upload: str) -> bool:
    try:
        return bool(connection.get(f"uploads/{upload}/")["state"] == "taken")
    except NotFound:
        return False


def state_metrics(connection: Connection, wish: Wish, version: Version, key: str) -> None:
    """State the metrics of ``wish``, once however often it is called with ``key``."""
    address = f"models/{quoted(version.model)}/versions/{version.number}/metrics/"
    for name, value in wish.metrics.items():
        fields = {"name": name, "value": value}
        connection.send("POST", address, fields, key=f"metric-{key}-{name}")
