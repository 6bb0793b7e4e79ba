"""Texts of a tracking server on their way into the registry: what may not come in stays out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from aegis.problems import Invalid
from aegis.sensitive.found import SECRET_FOUND
from aegis.sensitive.texts import plain_text
from imports.sources.protocol import Notice

_NAMED: Final = 5
_LONGEST_NAME: Final = 80


def line(text: str, *, limit: int = 200) -> str:
    """Return a text of one line as it may be kept; an empty one for what may not."""
    try:
        return plain_text(text, field="text", limit=limit, required=False)
    except Invalid:
        return ""


@dataclass(slots=True)
class Sieve:
    """Lets texts through that may be kept, and remembers what stayed out and why."""

    kept_out: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def pairs(
        self, pairs: Iterable[tuple[str, str]], *, what: str, most: int, key: int, value: int
    ) -> dict[str, str]:
        """Return the pairs that may be kept, by name; ``key`` and ``value`` limit their letters."""
        kept: dict[str, str] = {}
        for name, text in sorted(pairs):
            shown = line(name, limit=key)
            if len(kept) >= most:
                self._out(what, shown, f"only {most:,} of them are kept")
            elif not shown:
                self._out(what, "", "its name cannot be kept")
            elif (words := self.text(text, what=what, name=shown, limit=value)) is not None:
                kept[shown] = words
        return kept

    def text(self, text: str, *, what: str, limit: int, name: str = "") -> str | None:
        """Return a text that may be kept, else None; ``name`` is what it is the value of."""
        try:
            return plain_text(
                text, field="value", limit=limit, multiline=True, required=False, name=name
            )
        except Invalid as refusal:
            is_secret = refusal.code == SECRET_FOUND
            self._out(what, name, "it holds a secret" if is_secret else refusal.sentence)
            return None

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What stayed out, in a sentence for each kind."""
        return tuple(_notice(what, out) for what, out in sorted(self.kept_out.items()))

    def _out(self, what: str, name: str, reason: str) -> None:
        self.kept_out.setdefault(what, []).append((name[:_LONGEST_NAME], reason))


def _notice(what: str, out: list[tuple[str, str]]) -> Notice:
    reasons = [
        f"{name} ({reason.rstrip('.')})" if name else reason for name, reason in out[:_NAMED]
    ]
    further = f" and {len(out) - _NAMED} more" if len(out) > _NAMED else ""
    verb = "is" if len(out) == 1 else "are"
    return Notice(
        "left_out", f"Of the {what}, {len(out)} {verb} left out: {', '.join(reasons)}{further}."
    )
