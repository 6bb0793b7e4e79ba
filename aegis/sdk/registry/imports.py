"""Having the registry bring versions in from where they were published or trained."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aegis.sdk import importing
from aegis.sdk.documents import Import, Version
from aegis.sdk.local import bringing
from aegis.sdk.local.package import PackageOrigin
from aegis.sdk.local.sources import origin_of
from aegis.sdk.progress import Watcher, unwatched
from aegis.sdk.registry.addresses import version_at
from aegis.sdk.registry.session import Session


class Imports(Session):
    """Asking for imports, watching and steering them."""

    def import_huggingface(  # noqa: PLR0913 -- What is wanted of a repository, nearly all by name.
        self,
        repo_id: str,
        model_name: str,
        *,
        revision: str = "main",
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        version: str | None = None,
        team: str | None = None,
        sign_key: str | None = None,
        new_version: bool = False,
        keep_temp: bool = False,
        local: bool = False,
        convert: str | None = None,
        wait: bool = True,
        progress: Watcher = unwatched,
    ) -> Version:
        """Have the registry bring a repository of the Hugging Face Hub in, and return the version.

        ``revision`` is a branch, a tag or a commit; what moves is resolved to its commit first.
        ``include`` and ``exclude`` are patterns of paths. ``version`` is the label; without it the
        version gets the next free patch label. A model that is not there is made for ``team``.
        Files that the model has already give that version, with ``already_registered``, unless
        ``new_version``.

        It runs at the registry: Ctrl-C ends the wait alone, by ``WaitInterrupted``. With ``wait``
        the version is ready; without, it is pending, and returned once it was looked up. What was
        refused or could not be done raises the refusal that it is, ``Failed`` for what is none of
        the others; ``Unreachable`` where the hub is away for longer than ``patience``. The
        version's ``job`` says what was found. ``keep_temp`` keeps the files of a failed import for
        an hour. ``convert`` is a format that it is converted to once it is ready, as a version of
        its own; ``conversions`` tells of it. ``progress`` is called with ``Progress`` reports.

        With ``local`` this machine fetches the files (extra ``aegis-registry[hf]``) and sends them,
        so that the registry needs no way to the hub; a call that was broken off goes on. The
        registry then marks the origin as stated by you. Where the environment names a Vault, the
        files are signed here, with ``sign_key`` or the registry's default key. ``keep_temp`` keeps
        what was fetched in the user's cache. With ``convert`` the registry is asked for that once
        the version is ready, which is waited for: its ``conversion`` is the import that converts,
        and ``unconverted`` says why there is none.
        """
        wish = importing.Wish(
            source="huggingface",
            reference={
                "repo": repo_id,
                "revision": revision,
                "include": list(include),
                "exclude": list(exclude),
            },
            model=model_name,
            team=team,
            label=version,
            sign_key=sign_key,
            new_version=new_version,
            keep_temp=keep_temp,
            convert=convert,
        )
        return self.bring_in(wish, local=local, wait=wait, progress=progress)

    def import_mlflow(  # noqa: PLR0913 -- What is wanted of a run, nearly all by name.
        self,
        model_name: str,
        *,
        run_id: str | None = None,
        artifact_path: str | None = None,
        uri: str | None = None,
        server: str | None = None,
        version: str | None = None,
        team: str | None = None,
        sign_key: str | None = None,
        new_version: bool = False,
        keep_temp: bool = False,
        local: bool = False,
        convert: str | None = None,
        wait: bool = True,
        progress: Watcher = unwatched,
    ) -> Version:
        """Have the registry bring a model of MLflow in, and return the version.

        It is named by ``run_id`` and ``artifact_path`` (a file or a folder of the run), or by a
        ``uri``: ``runs:/…``, ``models:/NAME/VERSION``, ``models:/NAME@ALIAS``, ``models:/m-…``.
        ``server`` is the name of one of the registry's tracking servers, where it has several. The
        run then bears the tags ``aegis.registry.*``. The rest is as in ``import_huggingface``.
        With ``local`` this machine asks the server of MLFLOW_TRACKING_URI (extra
        ``aegis-registry[mlflow]``) and sets the tags; what could not be told stands in ``unnoted``.
        """
        wish = importing.Wish(
            source="mlflow",
            reference={
                "server": server,
                "run_id": run_id,
                "artifact_path": artifact_path,
                "uri": uri,
            },
            model=model_name,
            team=team,
            label=version,
            sign_key=sign_key,
            new_version=new_version,
            keep_temp=keep_temp,
            convert=convert,
        )
        return self.bring_in(wish, local=local, wait=wait, progress=progress)

    def import_package(
        self,
        path: str | Path,
        model_name: str,
        *,
        version: str | None = None,
        team: str | None = None,
        sign_key: str | None = None,
        new_version: bool = False,
        wait: bool = True,
        progress: Watcher = unwatched,
    ) -> Version:
        """Register a version that ``export`` wrote into a file, of this or another registry.

        The file is verified first: its manifest, its signature with the keys that this object was
        given (else with those in the file, which say only that it is whole), and each file of the
        package. The new version has the same manifest digest. It is signed anew, since a signature
        names the model and version of its registry; the former one's key is kept by its fingerprint
        with what the file says of itself, as your statement.
        """
        origin = PackageOrigin(Path(path), self._keys)
        wish = importing.Wish(
            source=origin.source,
            reference=origin.reference,
            model=model_name,
            team=team,
            label=version,
            sign_key=sign_key,
            new_version=new_version,
        )
        return bringing.bring_in(self._connection, origin, wish, wait=wait, watcher=progress)

    def bring_in(
        self,
        wish: importing.Wish,
        *,
        local: bool = False,
        wait: bool = True,
        progress: Watcher = unwatched,
    ) -> Version:
        """Bring in what ``wish`` says, of any source: what ``import_huggingface`` and others do."""
        if not local:
            return importing.bring_in(self._connection, wish, wait=wait, watcher=progress)
        origin = origin_of(wish.source, wish.reference)
        return bringing.bring_in(self._connection, origin, wish, wait=wait, watcher=progress)

    def plan_local_import(
        self,
        source: str,
        reference: Mapping[str, Any],
        model_name: str,
        *,
        team: str | None = None,
    ) -> Mapping[str, Any]:
        """Look a reference up on this machine, and return what the registry makes of it.

        That is ``found`` as imports have it, and the number of the ``known_version`` that has these
        files already. Nothing is registered, and no file of the model is fetched.
        """
        wish = importing.Wish(source, reference, model_name, team)
        looked = bringing.look(self._connection, origin_of(source, reference), wish)
        return {"found": looked.found, "known_version": looked.known}

    def import_s3(  # noqa: PLR0913 -- What is wanted of a bucket, nearly all by name.
        self,
        uri: str,
        model_name: str,
        *,
        bucket: str | None = None,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        version: str | None = None,
        team: str | None = None,
        sign_key: str | None = None,
        new_version: bool = False,
        keep_temp: bool = False,
        convert: str | None = None,
        wait: bool = True,
        progress: Watcher = unwatched,
    ) -> Version:
        """Have the registry bring an object or folder of a bucket in, and return the version.

        ``uri`` is ``s3://bucket/key``, or with a slash at its end all that lies below; it is part
        of a bucket that the registry's operator has named. ``bucket`` is that name, where several
        have the address. ``include`` and ``exclude`` are patterns of paths. Objects are pinned to
        their ETags and versions. The rest is as in ``import_huggingface``. ``register`` takes such
        an address as well, with tags and metrics.
        """
        wish = importing.Wish(
            source="s3",
            reference={
                "uri": uri,
                "bucket": bucket,
                "include": list(include),
                "exclude": list(exclude),
            },
            model=model_name,
            team=team,
            label=version,
            sign_key=sign_key,
            new_version=new_version,
            keep_temp=keep_temp,
            convert=convert,
        )
        return self.bring_in(wish, wait=wait, progress=progress)

    def import_newer(
        self,
        model_name: str,
        ref: str | int = "latest",
        *,
        wait: bool = True,
        progress: Watcher = unwatched,
    ) -> Version:
        """Import what the hub has now of the revision that a version came from.

        The same files are chosen as then, and the version gets the next free label if that one
        has a label. The rest is as in ``import_huggingface``.
        """
        address = version_at(model_name, ref, "newer")
        return importing.bring_newer(self._connection, address, wait=wait, watcher=progress)

    def plan_import(  # noqa: PLR0913 -- What is wanted of an import, nearly all by name.
        self,
        source: str,
        reference: Mapping[str, Any],
        model_name: str,
        *,
        version: str | None = None,
        team: str | None = None,
        sign_key: str | None = None,
        convert: str | None = None,
        keep: bool = False,
        progress: Watcher = unwatched,
    ) -> Import:
        """Have a reference looked up, and return the import whose ``found`` says what it is.

        ``source`` is ``huggingface``, ``mlflow`` or ``s3``, ``reference`` in its words, as the API
        has it. Nothing is registered. It is cancelled then; with ``keep`` it waits for
        ``start_import``.
        """
        wish = importing.Wish(
            source, reference, model_name, team, version, sign_key, convert=convert
        )
        return importing.plan(self._connection, wish, keep=keep, watcher=progress)

    def imports(self, **filters: str) -> Iterator[Import]:
        """Yield imports, the newest first, by ``state``, ``model``, ``mine`` ("true")."""
        for document in self._connection.pages("imports/", **filters):
            yield Import.of(document)

    def import_of(self, number: int) -> Import:
        """Return the import of that number, as it is now."""
        return Import.of(self._connection.get(f"imports/{number}/"))

    def wait_for_import(self, number: int, *, progress: Watcher = unwatched) -> Version:
        """Return the version of an import once it is done; raise what it ended with otherwise."""
        return importing.see_through(self._connection, number, wait=True, watcher=progress)

    def start_import(self, number: int) -> Import:
        """Go on with an import that was only looked up."""
        return importing.act(self._connection, number, "start")

    def cancel_import(self, number: int) -> Import:
        """End an import that is under way; a version that has its number keeps it, and fails."""
        return importing.act(self._connection, number, "cancel")

    def retry_import(self, number: int) -> Import:
        """Have a failed import tried again, under the same number."""
        return importing.act(self._connection, number, "retry")
