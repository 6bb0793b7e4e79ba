"""The registry as a Python object: ``ModelRegistry``."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote
from uuid import uuid4

from aegis.problems import Invalid
from aegis.sdk import downloading, importing, registering
from aegis.sdk.checking import online_checks
from aegis.sdk.documents import Import, Version
from aegis.sdk.downloading import Downloaded
from aegis.sdk.http import Connection
from aegis.sdk.progress import Watcher, unwatched
from aegis.sdk.proofs import Proofs
from aegis.sdk.trust import TrustedKeys
from aegis.sdk.verdicts import Verification
from aegis.sdk.verification import verify_files

KEYS: Final = "/.well-known/aegis/keys.json"


class ModelRegistry:
    """A registry, as one person or service account sees it.

    ``url`` is its address (AEGIS_URL if left out, else http://127.0.0.1:8000; ``tracking_uri`` is
    another name for it), ``token`` an API token (AEGIS_TOKEN if left out). ``patience`` is for
    how many seconds a request is repeated while the registry is away or busy. ``keys`` are the
    public keys that signatures are checked with: a file of PEMs, or a saved keys.json; without it
    they are those that the registry publishes.

    Everything raises ``aegis.sdk.Refusal``, whose ``code``, ``sentence`` and ``mend`` are the
    registry's own. Use it in a ``with`` block, or ``close`` it.

    >>> registry = ModelRegistry("https://aegis.example.com")  # doctest: +SKIP
    >>> registry.register("models/best.onnx", "churn_predictor", version="2.1.0")  # doctest: +SKIP
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        tracking_uri: str | None = None,
        patience: float = 120.0,
        keys: str | Path | None = None,
    ) -> None:
        self._connection = Connection.configured(
            url or tracking_uri, token, patience_seconds=patience
        )
        self._keys = TrustedKeys.load(Path(keys)) if keys is not None else None

    def __repr__(self) -> str:
        return f"ModelRegistry({self._connection.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The address of the registry."""
        return self._connection.url

    def close(self) -> None:
        """Give the connections up."""
        self._connection.close()

    def register(  # noqa: PLR0913 -- What a version is registered with, nearly all by name.
        self,
        model_path: str | Path,
        model_name: str,
        *,
        version: str | None = None,
        tags: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        facts: Mapping[str, Any] | None = None,
        description: str = "",
        team: str | None = None,
        sign_key: str | None = None,
        new_version: bool = False,
        wait: bool = True,
        progress: Watcher = unwatched,
    ) -> Version:
        """Register a file or folder as the next version of a model, and return it.

        The model is made if there is none of the name; it then needs a ``team`` (also as the tag
        of that name) if you are in several. ``version`` is the version's label; without it it gets
        the next free patch label, 1.0.0 first. ``tags`` describe the model; those named
        ``framework`` and ``task`` also become facts of the version, beside ``facts``. ``metrics``
        are stated on the word of your token: shown as such, they pass no gate.

        Files are hashed while they are read and sent in parts. A break, or a killed program, costs
        at most one part: the same call goes on where the last one stopped. Bytes that the model
        has already give that version, with ``already_registered``, unless ``new_version``.

        With ``wait`` it returns once the version is ready, and raises ``Failed`` with the reason
        if it could not be imported; look at ``quarantined_at`` before you use it. Without, the
        version is ``pending``. ``sign_key`` names a key of the registry's list. ``progress`` is
        called with ``Progress`` reports.
        """
        wish = registering.Wish(
            path=Path(model_path),
            model=model_name,
            team=team,
            label=version,
            description=description,
            tags=dict(tags or {}),
            metrics=dict(metrics or {}),
            facts=dict(facts or {}),
            new_version=new_version,
            sign_key=sign_key,
        )
        return registering.register(self._connection, wish, wait=wait, watcher=progress)

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
        an hour. ``progress`` is called with ``Progress`` reports.
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
        )
        return importing.bring_in(self._connection, wish, wait=wait, watcher=progress)

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
        wait: bool = True,
        progress: Watcher = unwatched,
    ) -> Version:
        """Have the registry bring a model of MLflow in, and return the version.

        It is named by ``run_id`` and ``artifact_path`` (a file or a folder of the run), or by a
        ``uri``: ``runs:/…``, ``models:/NAME/VERSION``, ``models:/NAME@ALIAS``, ``models:/m-…``.
        ``server`` is the name of one of the registry's tracking servers, where it has several. The
        run then bears the tags ``aegis.registry.*``. The rest is as in ``import_huggingface``.
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
        )
        return importing.bring_in(self._connection, wish, wait=wait, watcher=progress)

    def plan_import(
        self,
        source: str,
        reference: Mapping[str, Any],
        model_name: str,
        *,
        version: str | None = None,
        team: str | None = None,
        sign_key: str | None = None,
        keep: bool = False,
        progress: Watcher = unwatched,
    ) -> Import:
        """Have a reference looked up, and return the import whose ``found`` says what it is.

        ``source`` is ``huggingface`` or ``mlflow``, ``reference`` in its words, as the API has it.
        Nothing is registered. It is cancelled then; with ``keep`` it waits for ``start_import``.
        """
        wish = importing.Wish(source, reference, model_name, team, version, sign_key)
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

    def list_versions(self, model_name: str) -> list[Version]:
        """Return the versions of a model, the newest first."""
        return list(self.versions(model_name))

    def versions(self, model_name: str) -> Iterator[Version]:
        """Yield the versions of a model, the newest first, page after page."""
        for document in self._connection.pages(f"models/{_name(model_name)}/versions/"):
            yield Version.of(document)

    def models(self, **filters: str) -> Iterator[Mapping[str, Any]]:
        """Yield the registered models, by ``q``, ``team``, ``stage``, ``task``, ``framework``."""
        yield from self._connection.pages("models/", **filters)

    def show(self, model_name: str, ref: str | int = "latest") -> Version:
        """Return the version of a number, a stage, ``latest``, an alias or a label."""
        address = f"models/{_name(model_name)}/versions/{_name(str(ref))}/"
        return Version.of(self._connection.get(address))

    def provenance(self, model_name: str, ref: str | int = "latest") -> Mapping[str, Any]:
        """Return where an imported version was fetched from; ``NotFound`` for an upload.

        It holds ``identity``, ``shown``, ``url``, ``pinned``, ``is_complete``, ``files`` and
        ``left_out`` with their upstream digests, and who recorded it when.
        """
        address = f"models/{_name(model_name)}/versions/{_name(str(ref))}/provenance/"
        found: Mapping[str, Any] = self._connection.get(address)
        return found

    def gates(
        self, model_name: str, ref: str | int = "latest", *, stage: str = "Production"
    ) -> Mapping[str, Any]:
        """Return what the gates of a stage say about a version now, without asking for anything.

        ``is_governed`` is false where no policy governs the stage, and then nothing comes into it;
        ``results`` holds each gate's ``outcome``, ``is_blocking``, ``reason`` and ``mend``.
        """
        address = f"models/{_name(model_name)}/versions/{_name(str(ref))}/gates/"
        found: Mapping[str, Any] = self._connection.get(address, stage=stage)
        return found

    def promote(
        self, model_name: str, version: str | int, stage: str = "Production", *, reason: str
    ) -> Mapping[str, Any]:
        """Ask that a version be moved to a stage, and return the request; people decide it.

        The gates run at once; the request's ``number`` is that of its page, and its ``state`` says
        how it stands.
        """
        address = f"models/{_name(model_name)}/versions/{_name(str(version))}/promotions/"
        fields = {"target": stage, "reason": reason}
        made: Mapping[str, Any] = self._connection.send(
            "POST", address, fields, key=f"promotion-{uuid4().hex}"
        )
        return made

    def archive(self, model_name: str, ref: str | int, *, reason: str) -> Version:
        """Take a version out of use for good, with the reason, and return it."""
        address = f"models/{_name(model_name)}/versions/{_name(str(ref))}/archive/"
        return Version.of(self._connection.send("POST", address, {"reason": reason}))

    def download(
        self,
        model_name: str,
        ref: str | int = "latest",
        *,
        to: str | Path | None = None,
        package: bool = False,
        progress: Watcher = unwatched,
    ) -> Downloaded:
        """Fetch a version into the new folder ``to``, and return where it is.

        The signature is checked first, with the trusted keys, then the package's sha256, then
        each file against the signed manifest; the folder appears when all of it holds. Its
        ``.aegis`` keeps signature, manifest and the statements of promotion and rollback, so that
        ``verify`` works offline. With
        ``package`` the ``.tar.gz`` itself is kept, with its proofs beside it. Without ``to`` it is
        named for the version. A broken download goes on where it stopped.
        """
        version = self.show(model_name, ref)
        suffix = ".tar.gz" if package else ""
        target = Path(to) if to is not None else Path(f"{version.model}-v{version.number}{suffix}")
        return downloading.download(
            self._connection,
            version,
            trusted=self.trusted_keys(),
            to=target,
            whole=package,
            watcher=progress,
        )

    def verify(
        self,
        path: str | Path,
        *,
        require: str | None = None,
        bundle: str | Path | None = None,
        progress: Watcher = unwatched,
    ) -> Verification:
        """Check a folder, file or package on this machine, and return what was found.

        Checked are the signature, its key (also whether it was marked compromised), every file,
        and that the version is not recalled. ``require="Production"`` also asks for the signed
        statement of its promotion, or of the latest rollback to it, and that it is in Production
        now. Raises
        ``VerificationFailed``, whose ``result`` says what holds and what does not.
        """
        return self.check(path, require=require, bundle=bundle, progress=progress).require()

    def check(
        self,
        path: str | Path,
        *,
        require: str | None = None,
        bundle: str | Path | None = None,
        progress: Watcher = unwatched,
    ) -> Verification:
        """Do what ``verify`` does and return the result also where something does not hold."""
        place = Path(path)
        proofs = Proofs.beside(place, bundle=Path(bundle) if bundle else None)
        trusted = self.trusted_keys()
        found = verify_files(place, proofs, trusted, watcher=progress)
        return online_checks(self._connection, found, proofs, trusted, require=require)

    def trusted_keys(self) -> TrustedKeys:
        """Return the keys that signatures are checked with."""
        if self._keys is None:
            self._keys = TrustedKeys.of_document(self._connection.get(KEYS))
        return self._keys


def _name(name: str) -> str:
    if not name or name in {".", ".."}:
        raise Invalid("name_empty", "A model or version needs its name.", field="name")
    return quote(name, safe="")
