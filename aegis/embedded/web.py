"""Serve pages and interfaces: the application is loaded once, and the workers are its forks.

So a second worker costs neither the seconds nor the memory of the first.
"""

import gc
import sys
from importlib import import_module

from granian import Granian
from granian.constants import Interfaces

WORKERS = 2
THREADS = 8


def main(host: str, port: int) -> None:
    """Serve until the process is asked to end.

    WSGI, since hot reads take half as long in it as in ASGI.
    """
    import_module("aegis.wsgi")
    import_module("aegis.urls")
    gc.freeze()  # A collection that walked over shared objects would make each fork copy them.
    Granian(
        "aegis.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=8,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
