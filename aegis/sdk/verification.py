"""Checking an artifact on this machine against its signature: what holds, and by which key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aegis.problems import Invalid, NotFound, Refusal
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.paths import RESERVED_FOLDER
from aegis.proof.signing.bundle import PREDICATE_TYPE, verify_manifest, verify_statement
from aegis.proof.signing.refusals import Unverified, malformed
from aegis.sdk.local_files import LocalFile, hashed, walk
from aegis.sdk.package_entries import entries
from aegis.sdk.progress import Watcher, unwatched
from aegis.sdk.proofs import Proofs
from aegis.sdk.redactions import redacted_files
from aegis.sdk.trust import TrustedKey, TrustedKeys
from aegis.sdk.verdicts import Check, Fault, Mismatch, Verification, fails, holds

PACKAGE_SUFFIXES: Final = (".tar.gz", ".tgz")


def verify_files(
    path: Path,
    proofs: Proofs,
    trusted: TrustedKeys,
    *,
    watcher: Watcher = unwatched,
) -> Verification:
    """Check signature, key and bytes of a folder, a single file, or a package; raise nothing."""
    key: TrustedKey | None = None
    try:
        key = trusted.of_bundle(proofs.bundle)
        statement = verify_statement(proofs.bundle, public_key_pem=key.public_key_pem)
        if statement.get("predicateType") != PREDICATE_TYPE:
            raise malformed("it is not about a model's files")
        expected = _expected(statement, proofs)
        redacted = redacted_files(proofs.redactions, expected.manifest_digest, trusted)
        found = {entry.path: entry for entry in _found(path, expected.ignored, watcher)}
    except Refusal as refusal:
        failed = fails("signature", refusal.code, refusal.sentence)
        return Verification(str(path), None, None, None, key, 0, 0, (failed,))
    mismatches = tuple(_mismatches(expected.files, found, redacted))
    checks = (*_key_checks(key), *_file_checks(mismatches, expected, found, proofs, key))
    return Verification(
        path=str(path),
        manifest_digest=expected.manifest_digest,
        model=expected.model,
        number=expected.number,
        key=key,
        files=len(found),
        size=sum(entry.size for entry in found.values()),
        checks=checks,
        mismatches=mismatches,
    )


@dataclass(frozen=True, slots=True)
class _Expected:
    """What was signed: a sha256 by path, and what the statement says besides."""

    files: Mapping[str, str]
    manifest_digest: str | None
    ignored: frozenset[str]
    model: str | None
    number: int | None


def _expected(statement: Mapping[str, Any], proofs: Proofs) -> _Expected:
    try:
        predicate = statement["predicate"]
        resources = {str(one["name"]): str(one["digest"]) for one in predicate["resources"]}
        ignored = frozenset(map(str, predicate["serialization"]["ignore_paths"]))
        if predicate["serialization"]["hash_type"] != "sha256":
            raise malformed("its digests are not SHA-256")
        about = predicate.get("aegis", {})
        digest = about.get("manifest", {}).get("sha256")
    except (KeyError, TypeError, AttributeError) as error:
        raise malformed("its statement lacks what it must say") from error
    if digest is not None and proofs.manifest is not None:
        manifest = Manifest.parse(proofs.manifest)
        if manifest.digest != digest:
            raise Unverified("manifest_mismatch", "The manifest beside it is not the signed one.")
        resources = {entry.path: entry.sha256 for entry in manifest.files}
    kept = frozenset(name for name in ignored if not _is_used(name, resources))
    return _Expected(resources, digest, kept, about.get("model"), about.get("version"))


def _is_used(name: str, files: Iterable[str]) -> bool:
    return any(path.split("/")[0] == name for path in files)


def _found(path: Path, ignored: frozenset[str], watcher: Watcher) -> Iterable[FileEntry]:
    if path.is_dir():
        for name, place in walk(path):
            if name.split("/")[0] not in ignored | {RESERVED_FOLDER}:
                yield _hashed(name, place, watcher)
    elif path.name.endswith(PACKAGE_SUFFIXES):
        with path.open("rb") as package:
            yield from entries(package)
    elif path.is_file():
        yield _hashed(path.name, path, watcher)
    else:
        raise NotFound("path_not_found", f"There is no file or folder {path}.")


def _hashed(name: str, place: Path, watcher: Watcher) -> FileEntry:
    return hashed(LocalFile(name, place, place.stat().st_size, 0), watcher=watcher)


def _mismatches(
    expected: Mapping[str, str], found: Mapping[str, FileEntry], redacted: Mapping[str, str]
) -> Iterable[Mismatch]:
    for path in sorted(expected.keys() | found.keys()):
        if path not in expected:
            yield Mismatch(path, Fault.EXTRA)
        elif path not in found and redacted.get(path) == expected[path]:
            yield Mismatch(path, Fault.REDACTED)
        elif path not in found:
            yield Mismatch(path, Fault.MISSING)
        elif found[path].sha256 != expected[path]:
            yield Mismatch(path, Fault.CHANGED)


def _key_checks(key: TrustedKey) -> Iterable[Check]:
    try:
        key.refuse_if_compromised()
    except Unverified as refusal:
        yield fails("key", refusal.code, refusal.sentence)
        return
    words = "a development key, which proves nothing" if key.is_development else "a trusted key"
    yield holds("key", "key_trusted", f"It was signed with {key.title}, {words}.")


def _file_checks(
    mismatches: tuple[Mismatch, ...],
    expected: _Expected,
    found: Mapping[str, FileEntry],
    proofs: Proofs,
    key: TrustedKey,
) -> Iterable[Check]:
    wrong = [one for one in mismatches if one.fault is not Fault.REDACTED]
    if wrong:
        listed = ", ".join(f"{one.path} ({one.fault})" for one in wrong[:5])
        further = f" and {len(wrong) - 5} more" if wrong[5:] else ""
        sentence = f"The files are not the signed ones: {listed}{further}."
        yield fails("files", "files_differ", sentence)
        return
    if mismatches:
        listed = ", ".join(one.path for one in mismatches[:5])
        sentence = f"Redacted by two people, all other files are the signed ones: {listed}."
        yield holds("files", "files_redacted", sentence)
        return
    if expected.manifest_digest is not None:
        try:
            manifest = Manifest.of(found.values())
            verify_manifest(proofs.bundle, manifest, public_key_pem=key.public_key_pem)
        except (Unverified, Invalid) as refusal:
            yield fails("files", refusal.code, refusal.sentence)
            return
    yield holds("files", "files_signed", f"All {len(found)} files are the signed ones.")
