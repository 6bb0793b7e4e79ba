"""The client on the whole stack: the command's way through, and uploads that are killed."""

import hashlib
import os
import pickle
import random
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import memory
from tests.e2e import material
from tests.e2e.command import Shell, token_of
from tests.e2e.proxy import CountingProxy, counting
from tests.harness.stack import RunningStack

PART = 16 * 1024 * 1024
MEGABYTE = 1024 * 1024
# Headers, and the JSON around an upload.
OVERHEAD = MEGABYTE
# Three of the client, one of the server.
BREAKS = 4


@pytest.fixture
def shell(stack: RunningStack, tmp_path: Path) -> Shell:
    home = tmp_path / "home"
    home.mkdir()
    return Shell(stack.url, token_of(stack, "mina"), home)


@pytest.fixture
def proxy(stack: RunningStack) -> Iterator[CountingProxy]:
    with counting(stack.url) as running:
        yield running


def named(word: str) -> str:
    return f"{word}-{secrets.token_hex(3)}"


def large_model(folder: Path) -> Path:
    """Write a model whose weights are tensors that a scan finds harmless."""
    import numpy as np
    from safetensors.numpy import save_file

    folder.mkdir()
    weights = np.frombuffer(os.urandom(72 * MEGABYTE), dtype=np.uint8)
    save_file({"weights": weights}, folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    return folder


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def kill_the_web_server(stack: RunningStack) -> None:
    """End every process that serves, as a machine out of memory would."""
    shares = memory.of_stack(stack.data)
    serving = [share.pid for share in shares if "aegis.embedded.web" in share.command]
    assert serving
    for pid in serving:
        os.kill(pid, signal.SIGKILL)


def test_from_a_folder_to_a_verified_copy(shell: Shell, tmp_path: Path) -> None:
    name = named("by-command")
    made = material.prepare(tmp_path, name)
    release = str(made.folder)
    about = ["--team", "growth", "--tag", "task=classification", "--metric", "accuracy=0.94"]
    first = shell.read("register", release, name, *about)
    assert (first["registered"], first["already_registered"]) == (True, False)
    assert (first["number"], first["label"]) == (1, "1.0.0")
    again = shell.read("register", release, name)
    assert (again["already_registered"], again["number"]) == (True, 1)
    assert [one["number"] for one in shell.read("list", name)] == [1]
    assert shell.read("show", f"{name}@1.0.0")["digest"] == first["digest"]

    copy = shell.home / "copy"
    shell.run("download", f"{name}@1", "--to", "copy")
    for path, data in made.trained.files.items():
        assert (copy / path).read_bytes() == data
    found = shell.read("verify", "copy")
    assert (found["ok"], found["model"], found["version"]) == (True, name, 1)
    assert found["manifest_digest"] == first["digest"]
    assert "not_recalled" in {check["code"] for check in found["checks"]}
    shell.run("verify", f"{name}@1")
    refused = shell.read("verify", "copy", "--require", "Production", due=3)
    assert (refused["ok"], refused["genuine"]) == (False, True)

    is_accepted_by_the_tool_of_openssf(shell, copy, found["key"]["hint"])
    weights = copy / "weights" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    refused = shell.read("verify", "copy", due=1)
    assert refused["mismatches"] == [{"path": "weights/model.safetensors", "fault": "changed"}]


def is_accepted_by_the_tool_of_openssf(shell: Shell, copy: Path, hint: str) -> None:
    """Save the published keys, and let the other verifier judge the folder with ours."""
    import httpx

    keys = httpx.get(f"{shell.url}/.well-known/aegis/keys.json").json()["keys"]
    public = shell.home / "key.pem"
    public.write_text(next(key["public_key"] for key in keys if key["hint"] == hint))
    signature = str(copy / ".aegis" / "signature.sigstore.json")
    tool = [sys.executable, "-m", "model_signing", "verify", "key", str(copy)]
    tool += ["--signature", signature, "--public_key", str(public)]
    assert subprocess.run(tool, check=False, capture_output=True).returncode == 0
    shell.run("verify", "copy", "--key", "key.pem")


def test_what_is_in_production_verifies_with_its_promotion(shell: Shell) -> None:
    found = shell.read("verify", "digit-reader@production", "--require", "Production")
    codes = {check["code"] for check in found["checks"]}
    assert "stage_holds" in codes
    # Another test may have rolled the model back meanwhile.
    assert codes & {"promotion_signed", "rollback_signed"}
    shell.run("download", "digit-reader@production", "--package", "--to", "kept.tar.gz")
    keys = shell.home / "keys.json"
    import httpx

    keys.write_text(httpx.get(f"{shell.url}/.well-known/aegis/keys.json").text)
    offline = ["verify", "kept.tar.gz", "--key", "keys.json", "--require", "Production"]
    assert shell.read(*offline)["ok"]
    package = shell.home / "kept.tar.gz"
    data = bytearray(package.read_bytes())
    data[len(data) // 2] ^= 1
    package.write_bytes(data)
    shell.run(*offline, due=1)


def test_refusals_are_a_sentence_and_an_exit_code(shell: Shell) -> None:
    shell.run("show", "no-such-model", due=4)
    shell.run("download", "digit-reader@99", due=4)
    shell.run("register", "no-such-folder", "digit-reader", due=4)
    (shell.home / "empty").mkdir()
    shell.run("register", "empty", "digit-reader", due=2)
    stranger = Shell(shell.url, "aegis_wrong", shell.home)
    stranger.run("list", due=3)
    nobody = Shell("http://127.0.0.1:9", shell.token, shell.home)
    assert nobody.read("list", due=5)["error"]["code"] == "unreachable"


def test_files_that_run_code_come_into_quarantine(shell: Shell) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (os.system, ("true",))

    (shell.home / "harmful.pkl").write_bytes(pickle.dumps(Harmful()))
    name = named("harmful")
    made = shell.read("register", "harmful.pkl", name, "--team", "growth", due=3)
    assert made["quarantined_at"]
    shell.run("download", f"{name}@1", due=3)
    assert not (shell.home / f"{name}-v1").exists()
    again = shell.read("register", "harmful.pkl", name, due=3)
    assert (again["number"], again["already_registered"]) == (2, False)
    assert [one["code"] for one in again["equals"]] == ["version_quarantined"]


def test_an_upload_survives_its_client_and_its_server_being_killed(
    shell: Shell, stack: RunningStack, proxy: CountingProxy, tmp_path: Path
) -> None:
    name = named("killed")
    folder = large_model(tmp_path / "large")
    size = sum(path.stat().st_size for path in folder.iterdir())
    behind = Shell(proxy.url, shell.token, shell.home)
    command = ("register", str(folder), name, "--team", "growth", "--json")
    of_server = random.randrange(BREAKS)
    process = behind.begin(*command)
    for turn in range(BREAKS):
        proxy.hold_at(proxy.sent + random.randint(MEGABYTE, 17 * MEGABYTE))
        proxy.wait_until_held()
        if turn == of_server:
            kill_the_web_server(stack)
            proxy.release()
            continue
        process.kill()
        process.communicate()
        proxy.release()
        process = behind.begin(*command)
    printed, complained = process.communicate(timeout=180)
    assert process.returncode == 0, complained
    assert '"registered": true' in printed
    assert proxy.sent <= size + BREAKS * PART + OVERHEAD
    found = {row["path"]: row["sha256"] for row in files_of(shell, name)}
    assert found == {path.name: sha256_of(path) for path in folder.iterdir()}


def files_of(shell: Shell, name: str) -> list[dict[str, str]]:
    """Return what the registry says of the files of the first version."""
    import httpx

    headers = {"Authorization": f"Bearer {shell.token}"}
    address = f"{shell.url}/api/v1/models/{name}/versions/1/files/"
    rows: list[dict[str, str]] = httpx.get(address, headers=headers).json()["results"]
    return rows


def test_a_download_goes_on_after_it_was_killed(
    shell: Shell, proxy: CountingProxy, tmp_path: Path
) -> None:
    name = named("fetched")
    folder = large_model(tmp_path / "large")
    shell.run("register", str(folder), name, "--team", "growth")
    process = shell.begin("download", f"{name}@1", "--to", "copy")
    part = shell.home / ".copy.aegis-download" / "package.tar.gz"
    while not (part.exists() and part.stat().st_size > MEGABYTE) and process.poll() is None:
        pass
    process.kill()
    process.communicate()
    assert not (shell.home / "copy").exists()
    assert part.stat().st_size > MEGABYTE
    shell.run("download", f"{name}@1", "--to", "copy")
    assert sha256_of(shell.home / "copy" / "model.safetensors") == sha256_of(
        folder / "model.safetensors"
    )
    assert not part.parent.exists()
