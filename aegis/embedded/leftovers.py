"""End what a stack left behind that was killed."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from aegis.embedded.programs import MARK

POLL = 0.05


def end(data: Path) -> int:
    """End every process that a stack of this data folder started; return how many there were.

    The caller holds the stack's lock, so that no such stack is alive. Only Linux shows the
    environment of processes; elsewhere nothing is found.
    """
    found = marked(data)
    for number, seconds in ((signal.SIGTERM, 8.0), (signal.SIGKILL, 5.0)):
        for pid in marked(data):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while marked(data) and time.monotonic() < deadline:
            time.sleep(POLL)
    return len(found)


def marked(data: Path) -> list[int]:
    """Return the numbers of the processes that bear the mark of this data folder."""
    if sys.platform != "linux":
        return []
    wanted = f"{MARK}={data}".encode()
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    pids.append(int(entry.name))
    return pids
