"""Source code: Python by what it says, scripts by their first line, other languages by their name.

Code is no data. Loading weights does not run it, but ``trust_remote_code``, MLflow's ``code`` and
``python train.py`` do, and no scan can say what it does. It is therefore unsafe, and two people
who have read it can waive that. An example in a README is none: the whole text must be code.
"""

import ast
import re
import warnings
from typing import Final

from imports.scanning.examination import Examination, Format, Scan
from imports.scanning.formats.saying import unsafe
from imports.scanning.limits import MEBIBYTE
from imports.scanning.sources import Source

_LARGEST: Final = MEBIBYTE
_PYTHON: Final = frozenset({".py", ".pyw", ".pyi", ".pyx"})
_SCRIPTS: Final = frozenset(
    {".bash", ".bat", ".c", ".cc", ".cmd", ".cpp", ".cu", ".cxx", ".go", ".java", ".jl", ".js",
     ".lua", ".mjs", ".php", ".pl", ".ps1", ".psm1", ".r", ".rb", ".rs", ".scala", ".sh", ".swift",
     ".ts", ".vbs", ".wsf", ".zsh"}
)  # fmt: skip
_SHEBANG: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:#!\s*/|<\?php|@echo off)", re.IGNORECASE)
# A quick look before the parser is asked: something that Python would do at all.
_STATEMENT: Final = re.compile(
    rb"^[ \t]*(?:(?:import|from|def|class|async|with|for|while|if|try|exec|del|return|@)\b|@\w"
    rb"|[\w.\[\]'\", ]+(?:=[^=]|\())",
    re.MULTILINE,
)
_DOING: Final = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def recognises_by_name(source: Source) -> bool:
    """Say whether the name is that of code; it need not be text, as Python reads any encoding."""
    is_blank = source.size <= len(source.head) and not source.head.strip()
    return source.extension in _PYTHON | _SCRIPTS and not is_blank


def recognises(source: Source) -> bool:
    """Say whether a text of another name is code."""
    if recognises_by_name(source):
        return False
    return bool(_SHEBANG.match(source.head)) or _is_python(source)


def examine(source: Source, scan: Scan) -> Examination:
    """Say that this is code."""
    scan.check_time(source.place)
    kind = "Python" if source.extension in _PYTHON or _is_python(source) else "a script"
    sentence = f"This is {kind}, which runs where it is used, and no data."
    return unsafe("code_file", sentence, source.place)


def _is_python(source: Source) -> bool:
    """Say whether the whole text is Python that does something: imports, defines or calls."""
    data = source.read_at(0, _LARGEST)
    if source.size > _LARGEST or not _STATEMENT.search(data):
        return False
    try:
        with warnings.catch_warnings():
            # Escapes that are none are warned of by the parser, and are the author's business.
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(_does_something(statement) for statement in tree.body)


def _does_something(statement: ast.stmt) -> bool:
    """Say whether a statement is more than values: ``name: value`` and ``a==1`` are none."""
    if isinstance(statement, _DOING):
        return True
    if isinstance(statement, ast.Expr | ast.AnnAssign):
        value = statement.value
        return isinstance(value, ast.Call | ast.Await)
    if isinstance(statement, ast.Assign | ast.AugAssign):
        return any(isinstance(each, ast.Call) for each in ast.walk(statement))
    return True


NAMED: Final = Format("code", _PYTHON | _SCRIPTS, recognises_by_name, examine)
FORMAT: Final = Format("code", _PYTHON | _SCRIPTS, recognises, examine, is_text=True)
