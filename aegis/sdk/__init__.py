"""The client of a registry, for Python: no Django, no server.

``ModelRegistry`` registers, imports, lists, downloads and verifies; ``aegis.sdk.signing`` signs and
verifies files without a registry. Everything that goes wrong is a ``Refusal`` with a stable
``code``, a ``sentence`` for people, and where there is one, what would ``mend`` it.
"""

from aegis.loading.refusals import Missing, NoWalls, Unrecognised
from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal, Unavailable
from aegis.sdk.documents import Import, Version
from aegis.sdk.downloading import Downloaded
from aegis.sdk.errors import BadAnswer, Failed, Unauthenticated, Unreachable, WaitInterrupted
from aegis.sdk.exporting import Exported
from aegis.sdk.one_call import (
    import_huggingface,
    import_mlflow,
    import_s3,
    promote_mlflow_run,
)
from aegis.sdk.progress import Progress
from aegis.sdk.registry import ModelRegistry
from aegis.sdk.trust import TrustedKey, TrustedKeys
from aegis.sdk.verdicts import Check, Fault, Mismatch, Verification, VerificationFailed

__all__ = [
    "BadAnswer",
    "Check",
    "Conflict",
    "Downloaded",
    "Exported",
    "Failed",
    "Fault",
    "Forbidden",
    "Import",
    "Invalid",
    "Mismatch",
    "Missing",
    "ModelRegistry",
    "NoWalls",
    "NotFound",
    "Progress",
    "Refusal",
    "TrustedKey",
    "TrustedKeys",
    "Unauthenticated",
    "Unavailable",
    "Unreachable",
    "Unrecognised",
    "Verification",
    "VerificationFailed",
    "Version",
    "WaitInterrupted",
    "import_huggingface",
    "import_mlflow",
    "import_s3",
    "promote_mlflow_run",
]
