"""Copies of versions on this machine: fetched, and checked whenever somebody asks."""

from pathlib import Path
from typing import Final

from aegis.sdk import downloading, exporting
from aegis.sdk.checking import online_checks
from aegis.sdk.downloading import Downloaded
from aegis.sdk.exporting import Exported
from aegis.sdk.progress import Watcher, unwatched
from aegis.sdk.proofs import Proofs
from aegis.sdk.registry.catalog import Catalog
from aegis.sdk.trust import TrustedKeys
from aegis.sdk.verdicts import Verification
from aegis.sdk.verification import verify_files

KEYS: Final = "/.well-known/aegis/keys.json"


class Copies(Catalog):
    """Fetching versions and checking what was fetched."""

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

    def export(
        self,
        model_name: str,
        ref: str | int = "latest",
        *,
        to: str | Path | None = None,
        progress: Watcher = unwatched,
    ) -> Exported:
        """Write a version into one new file, for another registry or for safe-keeping.

        It holds the package, the signature and all signed statements, the public keys, and what is
        documented: facts, metrics, card, origin. Fetched and checked as by ``download``; a broken
        call goes on. Without ``to`` it is named for the version. ``import_package`` reads it.
        """
        version = self.show(model_name, ref)
        target = Path(to or f"{version.model}-v{version.number}.aegis.tar")
        return exporting.export(
            self._connection, version, trusted=self.trusted_keys(), to=target, watcher=progress
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
