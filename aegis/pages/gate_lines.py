"""Outcomes of gates with the links that mend them."""

from dataclasses import dataclass

from aegis.pages.fixes import fix_url
from approvals.gates import GateOutcome


@dataclass(frozen=True, slots=True)
class GateLine:
    """A gate's outcome with the address where it is mended, empty where no page does."""

    outcome: GateOutcome
    url: str
    link: str

    @property
    def anchor(self) -> str:
        """Return the id of its place on the page."""
        return f"gate-{self.outcome.gate.replace('_', '-')}"


def gate_line(outcome: GateOutcome, *, model: str, version: int) -> GateLine:
    """Return ``outcome`` with the link that mends it."""
    url = fix_url(outcome.fix, model, version)
    return GateLine(outcome, url, outcome.fix.label if outcome.fix and url else "")
