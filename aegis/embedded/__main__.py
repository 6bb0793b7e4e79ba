"""Run Aegis with one command: ``python -m aegis.embedded``, which ``make run`` calls."""

import argparse
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from aegis.embedded import config, options, screen
from aegis.embedded.errors import CannotStartError
from aegis.embedded.stack import Stack, StopRequested


def _request_stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise StopRequested


def main() -> int:
    """Run the stack until it is asked to end; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m aegis.embedded", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the first screen as JSON")
    arguments = parser.parse_args()
    os.environ.setdefault("AEGIS_DEMO", "1")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _request_stop)
    try:
        chosen = options.read(os.environ)
        show = screen.show_json if arguments.json else screen.show
        Stack(config.load(chosen.data), chosen, show=show).run()
    except StopRequested:
        return 0
    except CannotStartError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        print(f"\nAegis cannot use {error.filename or chosen.data}: {reason}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
