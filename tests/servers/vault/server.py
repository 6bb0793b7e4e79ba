"""A real Vault for the tests of this process: ``server -dev``, in memory, on a free port."""

import hashlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import hvac
import requests

from aegis.embedded.processes import Child, Plan
from tests.harness import required, run
from tests.harness.stack import free_port
from tests.servers.vault import binary

ROOT_TOKEN: Final = "only-for-tests-root"
ADDRESS: Final = "AEGIS_TEST_VAULT_ADDR"
START_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class VaultServer:
    """A Vault that answers. Only one that the tests started can be sealed (``child``)."""

    address: str
    token: str
    binary: str | None = None
    unseal_key: str = ""
    ca_file: str | None = None
    child: Child | None = None

    def client(self) -> hvac.Client:
        """Return a client that may do everything."""
        verify = self.ca_file or True
        return hvac.Client(url=self.address, token=self.token, timeout=30, verify=verify)

    def make_key(self, name: str, kind: str = "ecdsa-p256", **settings: bool) -> None:
        """Make a key, in a Transit engine that is enabled if it is not."""
        client = self.client()
        if "transit/" not in client.sys.list_mounted_secrets_engines()["data"]:
            client.sys.enable_secrets_engine("transit")
        client.secrets.transit.create_key(name, key_type=kind, **settings)

    def change_key(self, name: str, **settings: bool) -> None:
        """Turn a setting of a key on."""
        self.client().secrets.transit.update_key_configuration(name, **settings)

    def rotate(self, name: str) -> None:
        """Give a key another version."""
        self.client().secrets.transit.rotate_key(name)

    def token_for(self, *paths: str) -> str:
        """Return a new token that reaches only these paths."""
        client = self.client()
        name = f"only-{hashlib.sha256(repr(paths).encode()).hexdigest()[:16]}"
        rules = "\n".join(
            f'path "{path}" {{ capabilities = ["read", "update"] }}' for path in paths
        )
        client.sys.create_or_update_policy(name, rules or 'path "nothing" { capabilities = [] }')
        made = client.auth.token.create(policies=[name], ttl="1h")
        return str(made["auth"]["client_token"])

    def revoke(self, token: str) -> None:
        """Let a token end."""
        self.client().auth.token.revoke(token)

    def seal(self) -> None:
        """Seal it, as an operator does in an emergency."""
        self.client().sys.seal()

    def unseal(self) -> None:
        """Unseal it, and wait until it is active again."""
        self.client().sys.submit_unseal_key(self.unseal_key)
        _wait(lambda: _is_active(self.address, self.ca_file), self.address, self.child)


def keep_from_settings() -> None:
    """Move the address of a Vault that was named for tests to where the settings do not see it."""
    if address := os.environ.pop("VAULT_ADDR", None):
        os.environ[ADDRESS] = address


def running() -> Iterator[VaultServer]:
    """Yield the Vault that ``VAULT_ADDR`` and ``VAULT_TOKEN`` name, else start one for a while."""
    if address := os.environ.get(ADDRESS):
        yield VaultServer(address, os.environ.get("VAULT_TOKEN", ""))
        return
    path = binary.find()
    if path is None:
        required.missing(binary.MISSING)
    server = start(path)
    yield server
    if server.child is not None:
        server.child.stop()


def start(path: str, *, certificates: Path | None = None) -> VaultServer:
    """Start a Vault, over TLS where it gets a folder for ``certificates``, and wait for it."""
    port = free_port()
    address = f"{'https' if certificates else 'http'}://127.0.0.1:{port}"
    ca_file = str(certificates / "vault-ca.pem") if certificates else None
    log = run.folder() / f"vault-{run.worker()}-{port}.log"
    arguments = [
        *(path, "server", "-dev", "-dev-no-store-token"),
        *(f"-dev-root-token-id={ROOT_TOKEN}", f"-dev-listen-address=127.0.0.1:{port}"),
        *(("-dev-tls", f"-dev-tls-cert-dir={certificates}") if certificates else ()),
    ]
    child = Child(
        Plan(
            name="vault",
            argv=arguments,
            log=log,
            stop=((signal.SIGTERM, 5.0),),
            environment={"PATH": os.environ["PATH"], "HOME": str(run.folder())},
        )
    )
    # It prints its key only after it answers.
    _wait(lambda: bool(_unseal_key(log)) and _is_active(address, ca_file), address, child)
    return VaultServer(address, ROOT_TOKEN, path, _unseal_key(log), ca_file, child)


def _wait(is_so: Callable[[], bool], address: str, child: Child | None) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_so():
        if time.monotonic() > deadline or (child is not None and child.ended()):
            lines = "\n".join(child.last_lines(30)) if child else ""
            message = f"Vault does not answer at {address}:\n{lines}"
            raise RuntimeError(message)
        time.sleep(0.05)


def _is_active(address: str, ca_file: str | None) -> bool:
    try:
        answer = requests.get(f"{address}/v1/sys/health", timeout=5, verify=ca_file or True)
    except (requests.RequestException, OSError):  # Its certificate may not be written yet.
        return False
    return bool(answer.status_code == requests.codes.ok)


def _unseal_key(log: Path) -> str:
    found = re.search(r"^Unseal Key: (\S+)$", log.read_text(), re.MULTILINE)
    return found[1] if found else ""
