"""Names of Python's own library that pickles of data use."""

from typing import Final

from imports.scanning.pickles.globals.tables import Table, table

CALLED: Final[Table] = table("""
    builtins: bool bytearray bytes complex dict float frozenset int list object range set slice
        str tuple Ellipsis NotImplemented
    _codecs: encode
    argparse: Namespace
    collections: Counter OrderedDict defaultdict deque
    copyreg: _reconstructor
    datetime: date datetime time timedelta timezone
    decimal: Decimal
    fractions: Fraction
    pathlib: PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath
    types: MappingProxyType SimpleNamespace
    uuid: UUID
""")
