"""Having the registry bring a version in from where it was published or trained."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from aegis.sdk.documents import Import, Version
from aegis.sdk.errors import WaitInterrupted
from aegis.sdk.http import Connection, quoted
from aegis.sdk.owning import find_model, only_team
from aegis.sdk.progress import Watcher
from aegis.sdk.waiting import require_done, wait_for_import


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be imported, and as what. See ``ModelRegistry.import_huggingface``."""

    source: str
    reference: Mapping[str, Any]
    model: str
    team: str | None = None
    label: str | None = None
    sign_key: str | None = None
    new_version: bool = False
    keep_temp: bool = False
    description: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    convert: str | None = None

    def fields(self, team: str | None) -> dict[str, Any]:
        """Return what is sent; parts that are left out are the registry's to choose."""
        chosen = {
            "team": team,
            "sign_key": self.sign_key,
            "new_version": self.new_version,
            "keep_temp": self.keep_temp,
            "description": self.description,
            "facts": dict(self.facts),
            "convert": self.convert,
        }
        return {
            "source": self.source,
            "reference": {name: value for name, value in self.reference.items() if value},
            "model": self.model,
            "label": self.label,
            **{name: value for name, value in chosen.items() if value},
        }


def ask(connection: Connection, wish: Wish, *, plan_only: bool = False) -> Import:
    """Ask for an import, once however often the answer is lost; with ``plan_only`` for a look."""
    model = find_model(connection, wish.model, team=wish.team)
    team = None if model else wish.team or only_team(connection)
    fields = wish.fields(team) | ({"plan_only": True} if plan_only else {})
    return Import.of(connection.send("POST", "imports/", fields, key=f"import-{uuid4().hex}"))


def bring_in(connection: Connection, wish: Wish, *, wait: bool, watcher: Watcher) -> Version:
    """Have a version brought in; return it ready, or without ``wait`` once it has its number."""
    return see_through(connection, ask(connection, wish).number, wait=wait, watcher=watcher)


def bring_newer(connection: Connection, address: str, *, wait: bool, watcher: Watcher) -> Version:
    """Have what a version came from brought in anew, by the address that asks for it."""
    asked = Import.of(connection.send("POST", address, key=f"newer-{uuid4().hex}"))
    return see_through(connection, asked.number, wait=wait, watcher=watcher)


def ask_conversion(
    connection: Connection, model: str, ref: str | int, fields: Mapping[str, Any]
) -> Import:
    """Have the registry convert a version, once however often the answer is lost."""
    place = f"models/{quoted(model)}/versions/{quoted(str(ref))}/conversions/"
    return Import.of(connection.send("POST", place, fields, key=f"convert-{uuid4().hex}"))


def see_through(connection: Connection, number: int, *, wait: bool, watcher: Watcher) -> Version:
    """Return the version of an import once it is done, or without ``wait`` once it is known."""
    job = _watched(connection, number, watcher, lambda job: not wait and job.version is not None)
    if not job.is_under_way:
        require_done(job)
    return _version(connection, job)


def plan(connection: Connection, wish: Wish, *, keep: bool, watcher: Watcher) -> Import:
    """Have it looked up and return what was found; it is cancelled then, unless ``keep``."""
    number = ask(connection, wish, plan_only=True).number
    job = _watched(connection, number, watcher)
    if job.state != "planned":
        require_done(job)
    return job if keep else act(connection, number, "cancel")


def act(connection: Connection, number: int, action: Literal["start", "cancel", "retry"]) -> Import:
    """Do with an import what its state allows."""
    return Import.of(connection.send("POST", f"imports/{number}/{action}/"))


def _watched(
    connection: Connection,
    number: int,
    watcher: Watcher,
    is_enough: Callable[[Import], bool] = lambda _: False,
) -> Import:
    with _going_on(number):
        return wait_for_import(connection, number, watcher=watcher, is_enough=is_enough)


@contextmanager
def _going_on(number: int) -> Iterator[None]:
    """Say with Ctrl-C which import goes on."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise WaitInterrupted(
            number,
            sentence=f"Import {number} goes on at the registry",
            command=f"aegis import status {number} --wait",
        ) from interrupt


def _version(connection: Connection, job: Import) -> Version:
    document = connection.get(f"models/{quoted(job.model)}/versions/{job.version}/")
    return Version.of(document, already_registered=job.already_registered, job=job)
