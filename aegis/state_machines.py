"""The state machines of all apps, drawn for the docs from the tables that the code obeys.

An app's module ``machine`` may hold ``MACHINES``; each is drawn from its edges.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module

from django.apps import apps
from django.utils.module_loading import module_has_submodule

BEGIN = "<!-- machines:begin -->"
END = "<!-- machines:end -->"


@dataclass(frozen=True, slots=True)
class StateMachine:
    """One machine: first state, edges as (source, target, what happens), last states."""

    title: str
    first: str
    edges: Sequence[tuple[str, str, str]]
    last: Sequence[str] = ()


def machines() -> Iterator[StateMachine]:
    """Return the machines of every installed app, in the apps' order."""
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, "machine"):
            yield from getattr(import_module(f"{config.name}.machine"), "MACHINES", ())


def mermaid(machine: StateMachine) -> str:
    """Return a machine as a Mermaid state diagram; edges between the same two are one arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for source, target, label in machine.edges:
        labels = arrows.setdefault((source, target), [])
        if label not in labels:
            labels.append(label)
    lines = [
        "stateDiagram-v2",
        f"    [*] --> {machine.first}",
        *(
            f"    {source} --> {target}: {', '.join(labels)}"
            for (source, target), labels in arrows.items()
        ),
        *(f"    {state} --> [*]" for state in machine.last),
    ]
    return "\n".join(lines)


def section() -> str:
    """Return the Markdown of all diagrams."""
    parts = [
        f"**{machine.title}**\n\n```mermaid\n{mermaid(machine)}\n```\n" for machine in machines()
    ]
    return "\n" + "\n".join(parts) + "\n"


def drawn_into(text: str) -> str:
    """Return ``text`` with what stands between the two marks replaced by the diagrams."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{section()}{END}{after}"
