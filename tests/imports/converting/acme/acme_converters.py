"""Converters that a package brings: one that works, and some that must not get away with it."""

# ruff: noqa: ARG002, INP001 -- A package of its own; the protocol's arguments.

import ctypes
import os
import socket
import time
from collections.abc import Sequence
from pathlib import Path

from aegis.converters.protocol import Given, ModelFile


class Shouting:
    """Writes JSON in capital letters."""

    name = "json-to-shouting"
    version = "3"
    writes = "shouting"
    title = "Shouting"
    about = "From config.json: the same in capital letters."
    requires: tuple[str, ...] = ()
    install = "pip install acme-converters"

    def reads(self, files: Sequence[ModelFile]) -> bool:
        return any(file.path == "config.json" for file in files)

    def convert(self, given: Given, to: Path) -> None:
        (to / "deep" / "er").mkdir(parents=True)
        text = (given.folder / "config.json").read_text().upper()
        (to / "deep" / "er" / "config.txt").write_text(text)


class Crashing(Shouting):
    name = "crashing"

    def convert(self, given: Given, to: Path) -> None:
        ctypes.string_at(0)


class Raising(Shouting):
    name = "raising"

    def convert(self, given: Given, to: Path) -> None:
        raise RuntimeError(f"no way in {given.folder}")


class Hanging(Shouting):
    name = "hanging"

    def convert(self, given: Given, to: Path) -> None:
        (to / "half").write_text("half")
        time.sleep(600)


class Outside(Shouting):
    name = "outside"

    def convert(self, given: Given, to: Path) -> None:
        (to / ".." / "x").write_text("x")


class Changing(Shouting):
    name = "changing"

    def convert(self, given: Given, to: Path) -> None:
        (given.folder / "config.json").write_text("{}")


class Linking(Shouting):
    name = "linking"

    def convert(self, given: Given, to: Path) -> None:
        (to / "link").symlink_to("/etc/passwd")


class Nothing(Shouting):
    name = "nothing"

    def convert(self, given: Given, to: Path) -> None:
        (to / "empty").mkdir()


class Calling(Shouting):
    name = "calling"

    def convert(self, given: Given, to: Path) -> None:
        socket.create_connection(("127.0.0.1", 80), timeout=2)


class Reading(Shouting):
    name = "reading"

    def convert(self, given: Given, to: Path) -> None:
        (to / "found").write_text(Path("/etc/passwd").read_text())


class Starting(Shouting):
    name = "starting"

    def convert(self, given: Given, to: Path) -> None:
        os.system("true > /tmp/acme")


class Huge(Shouting):
    name = "huge"

    def convert(self, given: Given, to: Path) -> None:
        with (to / "huge").open("wb") as sink:
            for _ in range(64):
                sink.write(bytes(1024 * 1024))


class Mute:
    """It does not say what people read of it, so it is no converter."""

    name = "mute"
    version = "1"
    writes = "silence"
