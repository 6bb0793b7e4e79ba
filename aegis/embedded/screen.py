"""What the terminal shows: progress, then one screen, then lines."""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.options import Options

NAME_WIDTH = 9


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in; the password is shown where the set-up tells it."""

    name: str
    username: str
    role: str
    password: str | None


@dataclass(frozen=True, slots=True)
class SignIns:
    """Who can sign in, and sentences that the set-up wants read."""

    people: Sequence[Person] = ()
    notes: Sequence[str] = field(default=())

    @classmethod
    def parse(cls, text: str) -> "SignIns":
        """Read what ``first_start`` printed. Raises ValueError, KeyError or TypeError."""
        found: Mapping[str, Any] = json.loads(text)
        keys = ("name", "username", "role", "password")
        people = [Person(**{key: person[key] for key in keys}) for person in found["people"]]
        return cls(people=people, notes=list(found["notes"]))


def say(line: str) -> None:
    """Print a line at once; a terminal that is gone stops nothing."""
    with suppress(OSError, ValueError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def say_of(name: str, line: str) -> None:
    """Print a line of a process behind its name."""
    say(f"{name:<{NAME_WIDTH}}| {line}")


def show(config: EmbeddedConfig, options: Options, sign_ins: SignIns) -> None:
    """Print the one screen: addresses, sign-ins, how to stop, where the data is."""
    lines = [
        "",
        f"Aegis is running at {options.url}/",
        "",
        f"  interface   {options.url}/api/v1/   (its schema: {options.url}/api/schema/)",
        f"  letters     {options.url}/account/letters/",
        f"  data        {config.data}   (logs in {config.logs.name}/)",
        "  stop        Ctrl-C",
        *_people(sign_ins.people),
        *(f"\n  {note}" for note in sign_ins.notes),
        "",
    ]
    say("\n".join(lines))


def show_json(config: EmbeddedConfig, options: Options, sign_ins: SignIns) -> None:
    """Print the same for a program: one line of JSON."""
    people = [
        {"name": p.name, "username": p.username, "role": p.role, "password": p.password}
        for p in sign_ins.people
    ]
    answer = {"url": options.url, "data": str(config.data), "people": people}
    say(json.dumps({**answer, "notes": list(sign_ins.notes)}))


def _people(people: Sequence[Person]) -> list[str]:
    if not people:
        return []
    rows = [("sign in as", "password", "who it is")]
    for person in people:
        password = person.password or "(as set)"
        rows.append((person.username, password, f"{person.name}, {person.role}"))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return ["", *(f"  {a:<{widths[0]}}   {b:<{widths[1]}}   {c}" for a, b, c in rows)]
