"""Run the README's commands in a fresh clone: ``python -m tests.bench.fresh``.

The clone has an empty HOME and nothing of this checkout's but what is committed. It is run as
the present user, and by root as an ordinary user too; seconds and megabytes are printed, and a
command that does not end as the README says makes the exit code 1.
"""

import argparse
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.harness.stack import ROOT, free_port

START_SECONDS = 900
ORDINARY = "nobody"
# What a person's machine has set up for its package index, whatever that is.
KEPT = ("PIP_", "UV_", "SSL_", "REQUESTS_", "CURL_", "http", "https", "no_proxy")


def main() -> int:
    """Try the commands as each user and print what they took."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.fresh", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--test", action="store_true", help="run `make test` as well")
    parser.add_argument(
        "--as", dest="users", action="append", help="the user to run as; may be given repeatedly"
    )
    chosen = parser.parse_args()
    here = pwd.getpwuid(os.geteuid()).pw_name
    users = chosen.users or ([here, ORDINARY] if os.geteuid() == 0 else [here])
    return max(_try(user, test=chosen.test) for user in users)


def _try(user: str, *, test: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="aegis-fresh-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        clone, home = folder / "aegis", folder / "home"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        home.mkdir()
        if user != pwd.getpwuid(os.geteuid()).pw_name:
            subprocess.run(["chown", "-R", user, str(clone), str(home)], check=True)
        environment = _environment(home)
        print(f"As {user}, in a fresh clone with an empty HOME:", flush=True)
        try:
            _run(user, clone, environment, "first start")
            _run(user, clone, environment, "second start")
            if test:
                _test(user, clone, environment)
        except (RuntimeError, subprocess.CalledProcessError) as failure:
            print(f"  {failure}", flush=True)
            return 1
        print(
            f"  {_megabytes(clone):,} MB in the clone, {_megabytes(home):,} MB in HOME", flush=True
        )
    return 0


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
    path = "/usr/local/bin:/usr/bin:/bin"
    return {**kept, "PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}


def _run(user: str, clone: Path, environment: Mapping[str, str], what: str) -> None:
    port = free_port()
    begun = time.monotonic()
    log = clone / "fresh.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*_as(user), "make", "run"],
            cwd=clone,
            env={**environment, "AEGIS_PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(port, process, log)
            print(f"  make run, {what}: {time.monotonic() - begun:.0f} s", flush=True)
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=60)
    if process.returncode not in (0, 130, -signal.SIGINT):
        raise RuntimeError(f"It ended with {process.returncode}:\n{log.read_text()[-1500:]}")


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise RuntimeError(f"It did not start:\n{log.read_text(errors='replace')[-1500:]}")


def _test(user: str, clone: Path, environment: Mapping[str, str]) -> None:
    begun = time.monotonic()
    subprocess.run([*_as(user), "make", "test"], cwd=clone, env=environment, check=True)
    print(f"  make test: {time.monotonic() - begun:.0f} s", flush=True)


def _as(user: str) -> list[str]:
    if user == pwd.getpwuid(os.geteuid()).pw_name:
        return []
    entry = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]


def _megabytes(folder: Path) -> int:
    answer = subprocess.run(["du", "-sm", str(folder)], capture_output=True, text=True, check=True)
    return int(answer.stdout.split()[0])


if __name__ == "__main__":
    sys.exit(main())
