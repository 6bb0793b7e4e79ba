"""What walking pickles has shown: the globals and what is done with each, and findings."""

from dataclasses import dataclass, field
from typing import Final

from imports.scanning.examination import LimitExceeded
from imports.scanning.findings import Finding
from imports.scanning.pickles.values import Blob, Global, Use
from imports.scanning.verdicts import Verdict, worst

_MOST_GLOBALS: Final = 10_000
_MOST_FINDINGS: Final = 10_000


@dataclass(slots=True)
class Trace:
    """What all pickles of one source do."""

    place: str
    uses: dict[Global, Use] = field(default_factory=dict)
    findings: set[Finding] = field(default_factory=set)
    verdict: Verdict = Verdict.DATA
    # The storages of PyTorch that it asks for: their bytes, and the bytes of an item.
    storages: dict[str, int] = field(default_factory=dict)
    item_sizes: dict[str, int] = field(default_factory=dict)
    # Bytes that begin as a pickle does, and bytes that a known global loads.
    nested: list[Blob] = field(default_factory=list)
    loaded: list[Blob] = field(default_factory=list)
    has_arrays: bool = False

    def use(self, name: Global, use: Use) -> None:
        """Remember the most that is done with a global."""
        seen = self.uses.get(name)
        if seen is None and len(self.uses) >= _MOST_GLOBALS:
            sentence = f"The pickle imports more than {_MOST_GLOBALS:,} globals."
            raise LimitExceeded("too_many_globals", sentence, self.place)
        if seen is None or seen < use:
            self.uses[name] = use

    def unsafe(self, code: str, sentence: str, *, is_dangerous: bool = False) -> None:
        """Note something that makes the source unsafe."""
        self.verdict = worst((self.verdict, Verdict.UNSAFE))
        self._add(Finding.of(code, sentence, self.place, is_dangerous=is_dangerous))

    def inconclusive(self, finding: Finding) -> None:
        """Note something that keeps the source from being read to its end."""
        self.verdict = worst((self.verdict, Verdict.INCONCLUSIVE))
        self._add(Finding(finding.code, finding.sentence, finding.place or self.place))

    def _add(self, finding: Finding) -> None:
        if len(self.findings) < _MOST_FINDINGS:
            self.findings.add(finding)
