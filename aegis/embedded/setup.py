"""Run the commands of a start, and read what they answer."""

import time
from pathlib import Path

from aegis.embedded.errors import CannotStartError
from aegis.embedded.logs import Follower
from aegis.embedded.processes import tail
from aegis.embedded.programs import Program
from aegis.embedded.screen import SignIns, say_of

TICK = 0.1
PREPARE_SECONDS = 1800.0


def prepare(program: Program) -> SignIns:
    """Run the set-up to its end, showing its progress, and return who can sign in."""
    log = program.plan.log
    follower = Follower({program.plan.name: log})
    child = program.start()
    deadline = time.monotonic() + PREPARE_SECONDS
    while not child.wait(TICK) and time.monotonic() < deadline:
        for name, line in follower.lines():
            say_of(name, line)
    if not child.ended() or child.returncode != 0:
        raise CannotStartError(with_log("The database could not be set up", log))
    try:
        return SignIns.parse(child.output())
    except (ValueError, KeyError, TypeError) as error:
        message = "The set-up of a first start did not say who can sign in"
        raise CannotStartError(with_log(message, log)) from error


def report_verification(program: Program) -> bool:
    """Print what the check of the audit log found, once it has ended; tell whether it has."""
    child = program.child
    if child is None or not child.ended():
        return False
    for line in child.output().splitlines() or child.last_lines(3):
        say_of("audit", line)
    if child.returncode == 0:
        say_of("audit", "The audit log was verified.")
    else:
        say_of("audit", f"The audit log was NOT verified (see {program.plan.log}).")
    return True


def with_log(sentence: str, log: Path) -> str:
    """Return the sentence with the end of a log behind it."""
    lines = "\n".join(f"  {line}" for line in tail(log, 12))
    return f"{sentence}.\nThe last lines of {log}:\n{lines}"
