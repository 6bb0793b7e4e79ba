"""The way of a model from its origin through this machine into the registry.

Look up, have the registry plan it, fetch, check, sign, send. What was fetched lies in the user's
cache until the version is there, so that the same call goes on where the last one stopped.
"""

import hashlib
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from aegis.problems import Conflict, Invalid, Refusal
from aegis.proof.paths import check_path, check_paths, order
from aegis.proof.signing.signer import Signer
from aegis.sdk import importing, registering
from aegis.sdk.documents import Version
from aegis.sdk.http import Connection, quoted
from aegis.sdk.importing import Wish
from aegis.sdk.kept import StateFile, cache_folder
from aegis.sdk.local.origins import LocalOrigin, Wanted
from aegis.sdk.local_files import LocalFile, LocalModel
from aegis.sdk.owning import find_model, only_team
from aegis.sdk.progress import Watcher
from aegis.sdk.signing import vault_signer
from aegis.sdk.uploading import Uploader
from aegis.sdk.vault_login import is_vault_named

_NONE: Final = LocalModel(Path(), (), ())


@dataclass(frozen=True, slots=True)
class Looked:
    """What the registry made of an origin: ``found`` is as the API has it of imports.

    ``known`` is the number of the version that has these files already.
    """

    found: Mapping[str, Any]
    about_model: Mapping[str, Any]
    known: int | None


def look(connection: Connection, origin: LocalOrigin, wish: Wish) -> Looked:
    """Say what would come in, changing nothing."""
    answers = origin.look_up()
    upload = connection.send("POST", "uploads/")["id"]
    try:
        return _stated(connection, upload, origin, answers, wish)
    finally:
        connection.send("DELETE", f"uploads/{upload}/")


def bring_in(
    connection: Connection, origin: LocalOrigin, wish: Wish, *, wait: bool, watcher: Watcher
) -> Version:
    """Fetch a model here and register it; return it ready, or pending without ``wait``.

    It is signed here, by the key ``wish.sign_key`` or the registry's default, where the
    environment names a Vault; else the registry has it signed. Once it is ready the registry is
    asked to convert it, where ``wish.convert`` says to what.
    """
    _refuse_convert_unawaited(wish, wait=wait)
    answers = origin.look_up()
    signer = signer_for(connection, wish.sign_key)
    work = _folder(connection.url, wish, origin)
    kept = StateFile(url=connection.url, model=wish.model, root=work)
    made = _gone_on(connection, wish, kept, wait=wait, watcher=watcher)
    if made is None:
        made = _sent(connection, origin, answers, wish, signer, work, kept, wait, watcher)
    if origin.keeps_notes and made.state == "ready" and not made.already_registered:
        made = _noted(connection, origin, made)
    if wish.convert and made.state == "ready":
        made = _converted(connection, wish.convert, made)
    if not wish.keep_temp:
        shutil.rmtree(work, ignore_errors=True)
    return made


def _noted(connection: Connection, origin: LocalOrigin, made: Version) -> Version:
    """Tell the origin of the version, which is there whether the origin listens or not."""
    address = f"models/{quoted(made.model)}/versions/{made.number}/provenance/"
    try:
        origin.annotate(connection.get(address)["note"])
    except Refusal as refusal:
        return replace(made, unnoted=refusal.in_full)
    return made


def _converted(connection: Connection, to: str, made: Version) -> Version:
    """Have a version converted that is there, whatever comes of that."""
    try:
        fields = {"to": to, "label": None}
        asked = importing.ask_conversion(connection, made.model, made.number, fields)
    except Refusal as refusal:
        return replace(made, unconverted=refusal.in_full)
    return replace(made, conversion=asked)


def _refuse_convert_unawaited(wish: Wish, *, wait: bool) -> None:
    if wish.convert and not wait:
        raise Invalid(
            "convert_not_awaited",
            "What this machine brings is converted once it is ready, which nobody waits for.",
            mend="Wait for it, or have the version converted afterwards.",
        )


def signer_for(connection: Connection, name: str | None) -> Signer | None:
    """Return what signs here with the key ``name`` of the registry's list, or its default.

    None where the environment names no Vault: then the registry has the version signed. A key
    that cannot sign then is refused here, before anything is fetched.
    """
    if name is None and not is_vault_named():
        return None
    listed = connection.get("keys/")["results"]
    for key in listed:
        if key["name"] == name or (name is None and key["is_default"]):
            return _signer_with(key)
    raise Invalid(
        "signing_key_unknown",
        f"No signing key of the registry's list is named {str(name)[:120]!a}.",
        field="sign_key",
        mend=f"There are {', '.join(str(key['name']) for key in listed)}.",
    )


def _signer_with(key: Mapping[str, Any]) -> Signer | None:
    if key["provider"] == "verify-only" and not is_vault_named():
        raise Conflict(
            "signing_key_verify_only",
            f"The registry cannot sign with {key['name']}, which it has to verify only.",
            mend="Set VAULT_ADDR and how to sign in there, and it is signed on this machine.",
        )
    if key["provider"] == "development" or not is_vault_named():
        return None
    return vault_signer(key["transit_name"])


def _sent(  # noqa: PLR0913, PLR0917 -- The parts of one way, put together by its caller alone.
    connection: Connection,
    origin: LocalOrigin,
    answers: Mapping[str, Any],
    wish: Wish,
    signer: Signer | None,
    work: Path,
    kept: StateFile,
    wait: bool,  # noqa: FBT001 -- The same.
    watcher: Watcher,
) -> Version:
    upload = Uploader(connection, _NONE, kept, watcher).open()
    looked = _stated(connection, upload, origin, answers, wish)
    if looked.known is not None and not wish.new_version:
        _discard(connection, upload, kept)
        known = connection.get(f"models/{quoted(wish.model)}/versions/{looked.known}/")
        return Version.of(known, already_registered=True)
    for notice in looked.found["notices"]:
        if notice["refuses"]:
            _discard(connection, upload, kept)
            raise Conflict(notice["code"], notice["sentence"])
    wanted = [
        Wanted(check_path(one["path"]), one["size"], one["sha256"]) for one in looked.found["files"]
    ]
    check_paths([file.path for file in wanted])
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    origin.fetch(wanted, work, watcher)
    _make_model(connection, wish, looked.about_model)
    local = _local_model(work, wanted)
    uploader = Uploader(connection, local, kept, watcher)
    return registering.registered(
        connection,
        _registering(wish, work, signer),
        local,
        uploader,
        kept,
        wait=wait,
        watcher=watcher,
    )


def _stated(
    connection: Connection,
    upload: str,
    origin: LocalOrigin,
    answers: Mapping[str, Any],
    wish: Wish,
) -> Looked:
    model = find_model(connection, wish.model, team=wish.team)
    team = {} if model else {"team": wish.team or only_team(connection)}
    fields = {
        "source": origin.source,
        "reference": {name: value for name, value in origin.reference.items() if value},
        "answers": answers,
        "model": wish.model,
        **team,
        **({"convert": wish.convert} if wish.convert else {}),
    }
    said = connection.send("PUT", f"uploads/{upload}/origin/", fields)
    return Looked(said["found"], said["about_model"], said["known_version"])


def _gone_on(
    connection: Connection, wish: Wish, kept: StateFile, *, wait: bool, watcher: Watcher
) -> Version | None:
    """Return the version that an earlier call had made before it was broken off."""
    fields = _registering(wish, kept.path, None).version_fields()
    document = registering.made_before(connection, wish.model, fields, kept)
    if document is None:
        return None
    return registering.seen_through(connection, document, kept, wait=wait, watcher=watcher)


def _registering(wish: Wish, work: Path, signer: Signer | None) -> registering.Wish:
    return registering.Wish(
        path=work,
        model=wish.model,
        team=wish.team,
        label=wish.label,
        description="",
        tags={},
        metrics={},
        facts={},
        new_version=wish.new_version,
        sign_key=wish.sign_key,
        signer=signer,
    )


def _make_model(connection: Connection, wish: Wish, about: Mapping[str, Any]) -> None:
    """Register the model where there is none of the name, with what its origin says of it."""
    if find_model(connection, wish.model, team=wish.team) is not None:
        return
    fields = {"name": wish.model, "team": wish.team or only_team(connection)}
    try:
        connection.send("POST", "models/", {**fields, **about})
    except Invalid:
        # What the origin says of it is not what a model may hold; the name stands.
        connection.send("POST", "models/", fields)


def _local_model(work: Path, wanted: list[Wanted]) -> LocalModel:
    files = []
    for file in sorted(wanted, key=lambda one: order(one.path)):
        found = (work / file.path).stat()
        files.append(LocalFile(file.path, work / file.path, found.st_size, found.st_mtime_ns))
    return LocalModel(work, tuple(files), ())


def _discard(connection: Connection, upload: str, kept: StateFile) -> None:
    with suppress(Conflict):
        connection.send("DELETE", f"uploads/{upload}/")
    kept.forget()


def _folder(url: str, wish: Wish, origin: LocalOrigin) -> Path:
    """Return where the files lie meanwhile: the same for the same files and the same model."""
    chosen = sorted(f"{name}={value}" for name, value in origin.reference.items())
    words = "\n".join([url, wish.model, origin.source, origin.pinned(), *chosen])
    digest = hashlib.sha256(words.encode()).hexdigest()
    return cache_folder() / "local" / digest[:40]
