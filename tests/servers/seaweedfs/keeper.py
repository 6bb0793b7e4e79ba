"""Keeps an S3 server running as long as the run of the tests lives, however that ends.

Whichever process of the run needs the server first starts this one, and may end before others
that use it. So the server hangs on the lock that the run's first process holds.
"""

import os
import sys
from pathlib import Path

from aegis.embedded.locks import FileLock
from aegis.embedded.processes import Child, Plan


def keep(lock: Path, folder: Path, arguments: list[str]) -> None:
    """Run the server in ``folder`` until nobody holds ``lock`` any more."""
    child = Child(
        Plan(name="seaweedfs", argv=arguments, log=folder / "weed.log", cwd=folder, stop=())
    )
    held = FileLock(lock)
    held.take()
    child.stop(hurry=True)
    # It puts sockets named by its ports there, and can be told otherwise only of some.
    for port in folder.name.split("-")[1:]:
        for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
            left.unlink(missing_ok=True)


if __name__ == "__main__":
    if os.fork():  # Nobody waits for this process: it belongs to the run, not to who began it.
        os._exit(0)
    os.setsid()
    keep(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
