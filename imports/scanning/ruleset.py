"""What a verdict depends on besides the file: known without loading what scans."""

import importlib.metadata
from typing import Final

# Raised whenever a rule changes, so that files are scanned again and waivers are asked for anew.
RULES: Final = "1"
_SCANNER: Final = "modelaudit-picklescan"


def ruleset() -> str:
    """Return our rules and the scanner beside them, in one word each."""
    return f"aegis-{RULES} {_SCANNER}-{importlib.metadata.version(_SCANNER)}"
