"""The reference of the `aegis` command, written from its own help."""

from collections.abc import Iterator
from typing import Any

import typer

from aegis.cli.app import app
from aegis.cli.exits import MEANINGS

_OPENING = """\
# The aegis command

Written by `make docs` from the command's own help; a test holds that it is current. It is part of
the distribution `aegis-registry`, which needs no server; in a checkout it is `.venv/bin/python -m
aegis.cli`.

The registry's address is in `AEGIS_URL` (http://127.0.0.1:8000 without it), the token in
`AEGIS_TOKEN`: it is no option, so that it stands in no history and no list of processes. What is
kept of unfinished uploads lies in the user's cache folder, or in `AEGIS_CACHE`.

Bars show progress where stderr is a terminal. An error is one sentence on stderr. With `--json` the
result, or the error with its code, is JSON on stdout.
"""


def render() -> str:
    """Return the reference as Markdown."""
    lines = [_OPENING, "| exit code | meaning |", "|---|---|"]
    lines += [f"| {code.value} | {meaning} |" for code, meaning in MEANINGS.items()]
    for name, command in commands_of(typer.main.get_command(app)):
        lines += ["", *_section(name, command)]
    return "\n".join(lines) + "\n"


def commands_of(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command with the words that call it, as ``import hf``."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def _section(name: str, command: Any) -> Iterator[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    yield f"## aegis {name}\n"
    needed = [_option(one) for one in options if one.required]
    words = " ".join([f"aegis {name}", *map(_usage, arguments), *needed, "[OPTIONS]"])
    yield f"```\n{words}\n```\n"
    yield f"{command.help.strip()}\n"
    yield "| | |"
    yield "|---|---|"
    for one in arguments:
        yield f"| `{_escaped(_title(one))}` | {_escaped(one.help or '')} |"
    for one in options:
        yield f"| `{_escaped(_option(one))}` | {_escaped(one.help or '')} |"


def _usage(argument: Any) -> str:
    return _title(argument) if argument.required else f"[{_title(argument)}]"


def _title(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _option(option: Any) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} {option.metavar or _value(option)}"


def _value(option: Any) -> str:
    return {"int": "NUMBER", "Path": "PATH"}.get(option.type_descriptor.annotation.__name__, "TEXT")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
