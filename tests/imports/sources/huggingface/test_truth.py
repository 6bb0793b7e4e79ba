"""The hub of the tests is what it says: huggingface_hub itself downloads from it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.servers.hub import TOKEN, Hub, real_repository

ASK = """
import json, sys
from huggingface_hub import HfApi, errors, snapshot_download

def ask(endpoint, repo, folder, token="", revision="main"):
    token = token or False
    try:
        info = HfApi(endpoint=endpoint, token=token).model_info(
            repo, revision=revision, files_metadata=True
        )
        snapshot_download(
            repo, revision=info.sha, endpoint=endpoint, local_dir=folder, token=token
        )
        return {file.rfilename: file.size for file in info.siblings}
    except errors.HfHubHTTPError as error:
        return [type(error).__name__, error.response.headers.get("x-error-message")]

print(json.dumps([ask(*case) for case in json.loads(sys.argv[1])]))
"""


def ask(folder: Path, *cases: tuple[str, ...]) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(cases)],
        env=dict(os.environ) | {"HF_HOME": str(folder / "home"), "HF_HUB_DISABLE_TELEMETRY": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def test_its_own_client_downloads_a_real_repository(hub: Hub, tmp_path: Path) -> None:
    name = "sentence-transformers/all-MiniLM-L6-v2"
    hub.repository(name).commit_folder(real_repository())
    copy = tmp_path / "copy"
    (sizes,) = ask(tmp_path, (hub.endpoint, name, str(copy)))
    paths = [path for path in real_repository().rglob("*") if path.is_file()]
    assert len(sizes) == len(paths)
    for path in paths:
        below = path.relative_to(real_repository())
        assert sizes[below.as_posix()] == path.stat().st_size
        assert (copy / below).read_bytes() == path.read_bytes()
    assert hub.elsewhere.asked
    assert not any("authorization" in asked.headers for asked in hub.elsewhere.asked)


def test_its_own_client_understands_the_refusals(hub: Hub, tmp_path: Path) -> None:
    hub.repository("acme/private", {"config.json": b"{}"}).is_private = True
    hub.repository("acme/gated", {"config.json": b"{}"}).is_gated = True
    folder, other = str(tmp_path / "copy"), str(tmp_path / "other")
    restricted = "Access to model acme/gated is restricted. Ask its authors."
    assert ask(
        tmp_path,
        (hub.endpoint, "acme/none", folder),
        (hub.endpoint, "acme/none", folder, TOKEN),
        (hub.endpoint, "acme/private", folder),
        (hub.endpoint, "acme/private", folder, TOKEN),
        (hub.endpoint, "acme/private", folder, TOKEN, "v9"),
        (hub.endpoint, "acme/gated", other),
        (hub.endpoint, "acme/gated", other, TOKEN),
    ) == [
        ["RepositoryNotFoundError", "Invalid username or password."],
        ["RepositoryNotFoundError", "Repository not found"],
        ["RepositoryNotFoundError", "Invalid username or password."],
        {"config.json": 2},
        ["RevisionNotFoundError", "Invalid rev id: v9"],
        ["GatedRepoError", restricted],
        ["GatedRepoError", restricted],
    ]
