"""The formats that are recognised, each in a module of its own with its ``FORMAT``.

A source is examined by every format of ``BINARY`` that recognises it. Where none does and the
content is text (UTF-8 without NUL), by every format of ``TEXT`` that does.
"""

from typing import Final

from imports.scanning.examination import Format

BINARY: Final[tuple[Format, ...]] = ()
TEXT: Final[tuple[Format, ...]] = ()
