"""What texts among the files say that they should not: secrets, and personal data."""

from collections.abc import Iterator
from functools import partial

from aegis.sensitive.found import PERSONAL_DATA, SECRET_FOUND, Found
from aegis.sensitive.streams import find_in_text
from imports.scanning.examination import Scan
from imports.scanning.findings import Finding
from imports.scanning.sources import Source


def sensitive(source: Source, scan: Scan) -> Iterator[Finding]:
    """Yield what a text in UTF-8 holds, by line; at most so many as anybody needs of each."""
    stream = source.rewound()
    found = find_in_text(stream.read, watch=partial(scan.check_time, source.place))
    for one in found.secrets:
        yield _finding(SECRET_FOUND, f"Line {one.line} holds a secret: {one.kind}.", one, source)
    for one in found.personal:
        sentence = f"Line {one.line} may hold a person's {one.kind}."
        yield _finding(PERSONAL_DATA, sentence, one, source)


def _finding(code: str, sentence: str, one: Found, source: Source) -> Finding:
    line = f"line {one.line}"
    return Finding.of(code, sentence, f"{source.place}, {line}" if source.place else line)
