"""What a format says, in one line each: a note, unsafe, or inconclusive."""

from imports.scanning.examination import Examination, Malformed
from imports.scanning.findings import Finding
from imports.scanning.sources import Source
from imports.scanning.verdicts import Verdict


def at(source: Source, inner: str = "") -> str:
    """Return the place of something inside of a source."""
    return ": ".join(part for part in (source.place, inner) if part)


def brief(value: object) -> str:
    """Return a value of unknown origin and size as a sentence may quote it."""
    return repr(value[:200]) if isinstance(value, str) else f"a {type(value).__name__}"


def note(code: str, sentence: str, place: str = "") -> Examination:
    """Say something that a person should know and that changes no verdict."""
    return Examination(findings=(Finding.of(code, sentence, place),))


def unsafe(code: str, sentence: str, place: str = "", *, is_dangerous: bool = False) -> Examination:
    """Say that something runs, or may run, when the file is loaded."""
    finding = Finding.of(code, sentence, place, is_dangerous=is_dangerous)
    return Examination(Verdict.UNSAFE, (finding,))


def inconclusive(code: str, sentence: str, place: str = "") -> Examination:
    """Say that nothing can be claimed."""
    return Examination(Verdict.INCONCLUSIVE, (Finding.of(code, sentence, place),))


def malformed(source: Source, code: str, sentence: str, inner: str = "") -> Malformed:
    """Return the error that ends an examination, at a place inside of ``source``."""
    return Malformed(code, sentence, at(source, inner))


def trailing(source: Source, end: int, what: str) -> Examination:
    """Say whether bytes lie behind the end of a format, where something else can hide."""
    if source.size == end:
        return Examination()
    count = source.size - end
    sentence = f"{count:,} bytes lie behind the end of the {what}, where something can hide."
    return inconclusive("trailing_bytes", sentence, source.place)
