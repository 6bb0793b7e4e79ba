"""Texts that stand for something else: pointers of Git LFS, and templates of their own."""

from typing import Final

from imports.scanning.examination import Examination, Format, Scan
from imports.scanning.formats.chat_templates import examine_template
from imports.scanning.formats.saying import malformed
from imports.scanning.limits import MEBIBYTE
from imports.scanning.sources import Source

_POINTER: Final = b"version https://git-lfs.github.com/spec/"
_TEMPLATES: Final = frozenset({".j2", ".jinja", ".jinja2"})


def recognises_pointer(source: Source) -> bool:
    """Say whether this is what Git keeps in place of a large file."""
    return source.head.startswith(_POINTER)


def examine_pointer(source: Source, scan: Scan) -> Examination:
    """Refuse it: the bytes that it stands for are not here."""
    scan.check_time(source.place)
    sentence = "This is a pointer of Git LFS; the file itself was not fetched (git lfs pull)."
    raise malformed(source, "git_lfs_pointer", sentence)


def recognises_template(source: Source) -> bool:
    """Say whether the name is that of a template, or a template stands first."""
    return source.extension in _TEMPLATES or source.head.lstrip()[:2] in {b"{%", b"{{", b"{#"}


def examine_text_template(source: Source, scan: Scan) -> Examination:
    """Examine the text as a template."""
    if source.size > MEBIBYTE:
        raise malformed(source, "template_too_long", "The template is too long to be read.")
    scan.check_time(source.place)
    return examine_template(source.read_at(0, source.size).decode("utf-8"), source)


LFS_POINTER: Final = Format(
    "git-lfs-pointer", frozenset(), recognises_pointer, examine_pointer, is_text=True
)
TEMPLATE: Final = Format(
    "template", _TEMPLATES, recognises_template, examine_text_template, is_text=True
)
