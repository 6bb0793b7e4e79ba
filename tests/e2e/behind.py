"""What a test does behind the pages' back: hold the worker, let time pass, run a command."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.bench import memory
from tests.harness.stack import OF_TESTS, ROOT, RunningStack

AGE = """
import sys
from django.contrib.sessions.backends.db import SessionStore
session = SessionStore(sys.argv[-1])
for record in session["account_authentication_methods"]:
    record["at"] -= 3600
session.save()
"""


def manage(stack: RunningStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` on the data of the stack, as its operator does in a terminal."""
    inherited = {name: value for name, value in os.environ.items() if name not in OF_TESTS}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**inherited, "AEGIS_DATA": str(stack.data)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def let_an_hour_pass(stack: RunningStack, context: BrowserContext) -> None:
    """Make the last proof of presence of a browser's session an hour older."""
    keys = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
    code = AGE.replace("sys.argv[-1]", repr(keys["aegis_session"]))
    result = manage(stack, "shell", "--no-imports", "--command", code)
    assert result.returncode == 0, result.stderr


@contextmanager
def nobody_works(stack: RunningStack) -> Iterator[None]:
    """Hold the processes of the Celery worker for as long as the block runs."""
    shares = memory.of_stack(stack.data)
    held = [share.pid for share in shares if re.search(r"celery\b.* worker ", share.command)]
    assert held
    for pid in held:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in held:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def received_files(stack: RunningStack, data: bytes) -> list[Path]:
    """Return where the stack keeps uploaded files with these bytes that no version has yet."""
    kept = (path for path in (stack.data / "uploads").rglob("*") if path.is_file())
    return [path for path in kept if path.read_bytes() == data]
