"""The verdict over what pickles do, from the list of known globals."""

import sys

from imports.scanning.examination import Examination
from imports.scanning.pickles.calls import check_dangerous
from imports.scanning.pickles.globals.dangerous import is_dangerous
from imports.scanning.pickles.globals.known import known_use
from imports.scanning.pickles.trace import Trace
from imports.scanning.pickles.values import Global, Use
from imports.scanning.verdicts import Verdict, worst


def judged(trace: Trace) -> Examination:
    """Return what a trace amounts to: ``KNOWN`` only where every global is on the list."""
    for name, use in trace.uses.items():
        _judge(name, use, trace)
    return Examination(
        verdict=worst((Verdict.KNOWN, trace.verdict)),
        findings=tuple(trace.findings),
        globals=frozenset(map(str, trace.uses)),
    )


def is_plausible(name: Global) -> bool:
    """Say whether a global could be found at all, as names in random bytes could not."""
    return all(part.isidentifier() for part in f"{name.module}.{name.name}".split("."))


def is_likely(name: Global) -> bool:
    """Say whether a global is there to be found where many machines look for it.

    Where a reader goes astray it takes any two texts of the file for a module and a name. A module
    of one word that is neither Python's own nor dangerous is taken for such a text: the reader
    would stop there, since there is no such module.
    """
    top = name.module.split(".")[0]
    is_there = "." in name.module or top in sys.stdlib_module_names
    return is_plausible(name) and (is_there or is_dangerous(name.module, name.name))


def _judge(name: Global, use: Use, trace: Trace) -> None:
    allowed = known_use(name.module, name.name)
    if allowed is not None and use <= allowed:
        return
    if is_dangerous(name.module, name.name):
        check_dangerous(name, trace)
    elif allowed is None:
        sentence = f"It imports {name}, which is not on the list of what models need."
        trace.unsafe("unknown_global", sentence)
    else:
        sentence = f"It calls {name}, of which ordinary files only hold instances."
        trace.unsafe("known_global_called", sentence)
