"""The scan of one file: routed by its content, never by its name."""

import codecs
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from imports.scanning import formats
from imports.scanning.examination import (
    Examination,
    Format,
    LimitExceeded,
    Malformed,
    Scan,
    together,
)
from imports.scanning.findings import FileFindings, Finding, tidy
from imports.scanning.limits import DEFAULT_LIMITS, MEBIBYTE, Limits
from imports.scanning.sources import Source
from imports.scanning.text_contents import sensitive
from imports.scanning.verdicts import Verdict

# Line ends, tabs, page ends and the escapes of terminals stand in texts; others mark binary data.
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def scan_file(
    stream: BinaryIO, *, path: str, size: int, sha256: str = "", limits: Limits = DEFAULT_LIMITS
) -> FileFindings:
    """Return what a scan says of a seekable stream of ``size`` bytes; it never raises for content.

    ``sha256`` is passed on: whoever calls has hashed the bytes.
    """
    scan = Scan(examine=_examine, size=size, limits=limits)
    source = Source(stream, size, PurePosixPath(path).name)
    recognised = _recognised(source)
    found = _by_formats(recognised, source, scan)
    return FileFindings(
        path=path,
        sha256=sha256,
        size=size,
        format=_name_of(recognised, source),
        verdict=found.verdict,
        findings=tidy(found.findings, limits.findings),
        globals=tuple(sorted(found.globals)[: limits.globals]),
        members=found.members,
    )


def _examine(source: Source, scan: Scan) -> Examination:
    """Examine a source, the file itself or a member, by every format that recognises it."""
    return _by_formats(_recognised(source), source, scan)


def _by_formats(recognised: tuple[Format, ...], source: Source, scan: Scan) -> Examination:
    """Return what all formats say together: the worst verdict holds."""
    if not recognised:
        return _unrecognised(source, scan)
    found = together(_by_format(each, source, scan) for each in recognised)
    said = (*_mismatches(source, recognised), *_said(source, recognised, scan))
    return found + Examination(findings=said)


def _by_format(form: Format, source: Source, scan: Scan) -> Examination:
    """Examine a source by one format; what ends the examination makes it inconclusive."""
    try:
        return form.examine(source, scan)
    except (LimitExceeded, Malformed) as end:
        return Examination(Verdict.INCONCLUSIVE, (end.finding,))
    except RecursionError:
        sentence = f"Its structure is nested too deep for a {form.name} file."
        finding = Finding.of("nested_too_deep", sentence, source.place)
        return Examination(Verdict.INCONCLUSIVE, (finding,))
    except Exception as error:  # noqa: BLE001 - what no rule foresaw must block, not pass.
        sentence = f"It cannot be read as a {form.name} file ({type(error).__name__})."
        finding = Finding.of("examination_failed", sentence, source.place)
        return Examination(Verdict.INCONCLUSIVE, (finding,))


def _recognised(source: Source) -> tuple[Format, ...]:
    """Return all formats of the content: a text may begin like a picture and be a script."""
    forms = (*formats.BINARY, *formats.TEXT) if _is_text(source) else formats.BINARY
    return tuple(each for each in forms if _recognises(each, source))


def _recognises(form: Format, source: Source) -> bool:
    try:
        return form.recognises(source)
    except Exception:  # noqa: BLE001 - then its examination says what is wrong.
        return True


def _name_of(recognised: tuple[Format, ...], source: Source) -> str:
    names = [each.name for each in recognised]
    if names:
        return "+".join(names)
    return "text" if _is_text(source) else "unknown"


def _said(source: Source, recognised: tuple[Format, ...], scan: Scan) -> Iterator[Finding]:
    if any(each.is_text for each in recognised):
        yield from sensitive(source, scan)


def _unrecognised(source: Source, scan: Scan) -> Examination:
    if _is_text(source):
        # Plain text is what is left over, and nobody means it by the name of a binary format.
        misnamed = tuple(_mismatches(source, ())) if source.head.strip() else ()
        verdict = Verdict.INCONCLUSIVE if misnamed else Verdict.DATA
        return Examination(verdict, (*misnamed, *sensitive(source, scan)))
    sentence = "The content is of no format that is known here, so nothing can be said of it."
    finding = Finding.of("unknown_format", sentence, source.place)
    return Examination(Verdict.INCONCLUSIVE, (finding,))


def _mismatches(source: Source, recognised: tuple[Format, ...]) -> Iterator[Finding]:
    """Yield a finding where the extension is that of other formats than the content."""
    if any(source.extension in each.extensions for each in recognised):
        return
    usual = [
        each.name
        for each in (*formats.BINARY, *formats.TEXT)
        if source.extension in each.extensions
    ]
    if usual:
        names = " and ".join(each.name for each in recognised) or "plain text"
        sentence = (
            f"The extension {source.extension} is that of {' or '.join(usual)}; "
            f"the content is {names}."
        )
        yield Finding.of("extension_mismatch", sentence, source.place)


def _is_text(source: Source) -> bool:
    """Say whether the whole content is UTF-8 without the controls that no text has."""
    if _CONTROLS.search(source.head):
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    stream = source.rewound()
    try:
        while chunk := stream.read(MEBIBYTE):
            if _CONTROLS.search(chunk):
                return False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
