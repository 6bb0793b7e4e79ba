"""What a format is, what it answers, and what one scan of a file has spent so far."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Self

from imports.scanning.findings import Finding
from imports.scanning.limits import DEFAULT_LIMITS, Limits
from imports.scanning.sources import Source
from imports.scanning.verdicts import Verdict, worst


@dataclass(frozen=True, slots=True)
class Examination:
    """What one format says of one source and of all that lies inside it."""

    verdict: Verdict = Verdict.DATA
    findings: tuple[Finding, ...] = ()
    globals: frozenset[str] = frozenset()
    members: int = 0

    def __add__(self, other: Self) -> Self:
        return replace(
            self,
            verdict=worst((self.verdict, other.verdict)),
            findings=self.findings + other.findings,
            globals=self.globals | other.globals,
            members=self.members + other.members,
        )


def together(examinations: Iterable[Examination]) -> Examination:
    """Return what several examinations say together: the worst verdict and all findings."""
    return sum(examinations, Examination())


class LimitExceeded(Exception):  # noqa: N818 - it ends an examination, and names why.
    """End the examination of a file as inconclusive, with the limit that it went over."""

    def __init__(self, code: str, sentence: str, place: str = "") -> None:
        super().__init__(sentence)
        self.finding = Finding.of(code, sentence, place)


class Malformed(Exception):  # noqa: N818 - as above.
    """End the examination of a source as inconclusive: it breaks the rules of its format."""

    def __init__(self, code: str, sentence: str, place: str = "") -> None:
        super().__init__(sentence)
        self.finding = Finding.of(code, sentence, place)


@dataclass(slots=True)
class Scan:
    """One scan of one file: its limits, what is spent of them, and the way into members.

    ``examine`` routes a source by its content; a container calls it for each member.
    """

    examine: Callable[[Source, "Scan"], Examination]
    size: int
    limits: Limits = DEFAULT_LIMITS
    clock: Callable[[], float] = time.monotonic
    members: int = 0
    expanded: int = 0
    opcodes: int = 0
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def examine_member(
        self,
        stream: BinaryIO,
        *,
        size: int,
        name: str,
        of: Source,
        head: bytes | None = None,
        tail: bytes | None = None,
        is_slow: bool = False,
    ) -> Examination:
        """Return what is found in a seekable member of ``of``, whose path in it is ``name``.

        ``head`` and ``tail`` are its first and last bytes where they are known already.
        """
        place = f"{of.place}!{name}" if of.place else name
        member = Source(
            stream,
            size,
            name.rsplit("/", 1)[-1],
            place,
            of.depth + 1,
            is_slow=is_slow or of.is_slow,
            _head=head,
            _tail=tail,
        )
        if member.depth > self.limits.depth:
            sentence = f"Archives lie more than {self.limits.depth} levels inside one another."
            raise LimitExceeded("nested_too_deep", sentence, place)
        return self.examine(member, self)

    def count_member(self, place: str = "") -> None:
        """Count one more member of an archive, or raise ``LimitExceeded``."""
        self.members += 1
        self.check_time(place)
        if self.members > self.limits.members:
            sentence = f"The archive has more than {self.limits.members:,} members."
            raise LimitExceeded("too_many_members", sentence, place)

    def count_expanded(self, count: int, place: str = "") -> None:
        """Count bytes that were decompressed, or raise ``LimitExceeded``."""
        self.expanded += count
        self.check_time(place)
        allowed = self.limits.expansion_allowance + self.limits.expansion_ratio * self.size
        if self.expanded > min(allowed, self.limits.expanded_bytes):
            sentence = (
                f"It expands to more than {self.expanded:,} bytes out of {self.size:,}, "
                "as a decompression bomb does."
            )
            raise LimitExceeded("expands_too_far", sentence, place)

    def count_opcodes(self, count: int, place: str = "") -> None:
        """Count opcodes of a pickle, or raise ``LimitExceeded``."""
        self.opcodes += count
        self.check_time(place)
        if self.opcodes > self.limits.opcodes:
            sentence = f"The pickle has more than {self.limits.opcodes:,} opcodes."
            raise LimitExceeded("too_many_opcodes", sentence, place)

    def check_time(self, place: str = "") -> None:
        """Raise ``LimitExceeded`` when the file has taken longer than it may."""
        if self.clock() - self._began > self.limits.seconds:
            sentence = f"The scan took longer than {self.limits.seconds:g} seconds."
            raise LimitExceeded("scan_too_long", sentence, place)


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is recognised by its content and examined by rules of its own.

    ``recognises`` reads a few bytes and never fails; ``examine`` raises ``Malformed`` or
    ``LimitExceeded`` where it cannot go on. ``extensions`` are those that files of the format
    usually have, with their dots; with a known extension of another format, a finding says so.
    ``is_text`` formats are asked only where the content is text.
    """

    name: str
    extensions: frozenset[str]
    recognises: Callable[[Source], bool]
    examine: Callable[[Source, Scan], Examination]
    is_text: bool = False
