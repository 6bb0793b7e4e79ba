"""Repositories of the Hugging Face Hub, fetched by ``huggingface_hub`` on this machine.

``HF_ENDPOINT``, ``HF_TOKEN`` and the sign-in of ``hf auth login`` hold as they always do.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal
from aegis.proof.streams import chunks
from aegis.sdk.errors import Failed, Unreachable
from aegis.sdk.local.origins import Wanted
from aegis.sdk.progress import Progress, Watcher

# What the registry reads of the hub's answer; the rest may be long.
_KEYS: Final = (
    "id", "sha", "siblings", "gated", "author", "library_name", "pipeline_tag", "safetensors",
)  # fmt: skip
_TEXTS: Final = {"README.md": 1024**2, "config.json": 256 * 1024}
_FORBIDDEN: Final = frozenset({401, 403})
_MISSING: Final = 404


class HubOrigin:
    """A repository at a revision, of which some files are wanted."""

    source = "huggingface"
    keeps_notes = False

    def __init__(
        self, repo: str, revision: str, include: Sequence[str], exclude: Sequence[str]
    ) -> None:
        self.reference: Mapping[str, Any] = {
            "repo": repo,
            "revision": revision,
            "include": list(include),
            "exclude": list(exclude),
        }
        self._hub = _library()
        # The library reads the variable when it is imported, which may have been long ago.
        self._endpoint: str = self._hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT")).endpoint
        self._found: Mapping[str, Any] = {}

    def look_up(self) -> Mapping[str, Any]:
        """Return the hub's answer about the commit that the revision is at now."""
        repo, revision = self.reference["repo"], self.reference["revision"]
        address = f"{self._endpoint}/api/models/{quote(repo)}/revision/{quote(revision, safe='')}"
        with self._answers():
            self._hub.utils.validate_repo_id(repo)
            answer = self._hub.utils.get_session().get(
                address, params={"blobs": "true"}, headers=self._hub.utils.build_hf_headers()
            )
            self._hub.utils.hf_raise_for_status(answer)
            said = answer.json()
        if not isinstance(said, dict) or not isinstance(said.get("sha"), str):
            raise Failed("hub_unreadable", f"{self._endpoint} gave no answer of a hub.")
        self._found = {name: said[name] for name in _KEYS if name in said}
        return {"endpoint": self._endpoint, "model": self._found, "texts": dict(self._texts())}

    def pinned(self) -> str:
        """Return the repository and its commit."""
        return f"{self._endpoint}/{self.reference['repo']}@{self._found['sha']}"

    def fetch(self, files: Sequence[Wanted], folder: Path, watcher: Watcher) -> None:
        """Download the files of the commit that are not here yet, each from its beginning."""
        blobs = {one["rfilename"]: one.get("blobId") for one in self._siblings()}
        total = sum(file.size or 0 for file in files)
        done = 0
        for file in files:
            watcher(Progress("downloading", done, total, file.path))
            place = folder / file.path
            if not place.is_file():
                self._download(file.path, folder)
            _check(place, file, blobs.get(file.path))
            done += place.stat().st_size
        watcher(Progress("downloading", done, total))
        # Where the library keeps what it knows of the files beside them.
        shutil.rmtree(folder / ".cache" / "huggingface", ignore_errors=True)

    def annotate(self, tags: Mapping[str, str]) -> None:
        """Tell nobody: the hub keeps no notes of readers."""

    def _siblings(self) -> list[Mapping[str, Any]]:
        found = self._found.get("siblings")
        listed = found if isinstance(found, list) else []
        return [one for one in listed if isinstance(one, dict) and "rfilename" in one]

    def _texts(self) -> Iterator[tuple[str, str]]:
        sizes = {one["rfilename"]: one.get("size") for one in self._siblings()}
        for path, most in _TEXTS.items():
            size = sizes.get(path)
            if path in sizes and isinstance(size, int) and size <= most:
                with self._answers():
                    place = self._hub.hf_hub_download(
                        self.reference["repo"],
                        path,
                        revision=self._found["sha"],
                        endpoint=self._endpoint,
                    )
                yield path, Path(place).read_text(encoding="utf-8", errors="replace")

    def _download(self, path: str, folder: Path) -> None:
        with self._answers():
            self._hub.hf_hub_download(
                self.reference["repo"],
                path,
                revision=self._found["sha"],
                endpoint=self._endpoint,
                local_dir=folder,
            )

    @contextmanager
    def _answers(self) -> Iterator[None]:
        """Turn what the library raises into the refusals that people read."""
        try:
            yield
        except Exception as error:
            if (refusal := self._refusal(error)) is None:
                raise
            raise refusal from error

    def _refusal(self, error: Exception) -> Refusal | None:
        errors = self._hub.errors
        repo, revision = self.reference["repo"], self.reference["revision"]
        status = getattr(getattr(error, "response", None), "status_code", None)
        missing = isinstance(error, errors.RepositoryNotFoundError) or status == _MISSING
        # Each release of the library has an HTTP client of its own, with errors of its own.
        is_of_http = type(error).__module__.partition(".")[0] in {"httpx", "httpx2", "requests"}
        is_away = is_of_http or isinstance(error, errors.HfHubHTTPError | OSError)
        meanings = (
            (isinstance(error, errors.HFValidationError), _no_name(repo)),
            (isinstance(error, errors.GatedRepoError), _no_entry(repo, "is gated")),
            (
                isinstance(error, errors.RevisionNotFoundError),
                NotFound("hub_revision_missing", f"{repo} has no revision {revision}."),
            ),
            (missing, _no_repo(self._endpoint, repo)),
            (status in _FORBIDDEN, _no_entry(repo, "wants a login")),
            (is_away, _away(self._endpoint, f"it answered {status}" if status else str(error))),
        )
        return next((refusal for holds, refusal in meanings if holds), None)


def _check(place: Path, file: Wanted, blob: Any) -> None:
    """Hold a file against what the hub announced: its sha256, or the id of its Git object."""
    size = place.stat().st_size
    sha256 = hashlib.sha256()
    # Git names its objects by SHA-1; nothing of ours rests on it, but it shows a slip.
    git = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
    with place.open("rb") as stream:
        for data in chunks(stream):
            sha256.update(data)
            if not file.sha256:
                git.update(data)
    is_right = sha256.hexdigest() == file.sha256 if file.sha256 else git.hexdigest() == blob
    if not (file.sha256 or blob):
        is_right = True
    if file.size not in {None, size} or not is_right:
        place.unlink()
        raise Conflict(
            "upstream_digest_mismatch",
            f"{file.path} is not what the hub says that it is, so it was removed.",
            mend="Try again; if it happens once more, tell those who publish it.",
            details={"path": file.path},
        )


def _library() -> Any:
    try:
        import huggingface_hub  # noqa: PLC0415 -- Only whoever fetches here needs it.
        import huggingface_hub.errors  # noqa: PLC0415
        import huggingface_hub.utils  # noqa: PLC0415
    except ImportError as error:
        raise Invalid(
            "extra_missing",
            "Fetching from the Hugging Face Hub on this machine needs huggingface_hub.",
            mend="Install it: pip install 'aegis-registry[hf]'",
        ) from error
    return huggingface_hub


def _no_name(repo: str) -> Invalid:
    return Invalid("hub_repo_invalid", f"{repo!a} is no name of a repository.", field="repo")


def _no_repo(endpoint: str, repo: str) -> NotFound:
    return NotFound(
        "hub_repo_missing",
        f"{endpoint} has no repository {repo}, or does not show it to you.",
        mend="See whether the name is right; sign in with HF_TOKEN if it is private.",
    )


def _no_entry(repo: str, why: str) -> Forbidden:
    return Forbidden(
        "hub_login_needed",
        f"The repository {repo} {why}.",
        mend="Accept its terms on its page, and set HF_TOKEN or sign in with: hf auth login",
    )


def _away(endpoint: str, why: str) -> Unreachable:
    reason = f": {why.splitlines()[0].rstrip('.')}" if why else ""
    return Unreachable("hub_away", f"The hub at {endpoint} cannot be asked{reason}.")
