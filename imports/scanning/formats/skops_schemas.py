"""The schema of a skops file: which types it builds, by which of skops's loaders.

skops builds only types that its caller trusts; ours is the list that pickles have. Its loaders
for functions and operators have been fooled before (CVE-2025-54412, CVE-2025-54413,
CVE-2025-54886), so what they are given is held against what they are for.
"""

from collections.abc import Iterator
from typing import Any, Final

from imports.scanning.examination import Examination
from imports.scanning.formats.saying import inconclusive, unsafe
from imports.scanning.pickles.globals.dangerous import is_dangerous
from imports.scanning.pickles.globals.known import known_use
from imports.scanning.verdicts import Verdict

_LOADERS: Final = frozenset(
    {"BytearrayNode", "BytesNode", "CachedNode", "DTypeNode", "DefaultDictNode", "DictNode",
     "FunctionNode", "JsonNode", "ListNode", "LossNode", "MaskedArrayNode", "NdArrayNode",
     "ObjectNode", "PartialNode", "QuantileForestNode", "RandomGeneratorNode",
     "RandomStateNode", "SetNode",
     "SliceNode", "SparseMatrixNode", "TreeNode", "TupleNode", "TypeNode"}
)  # fmt: skip
# Types of which nothing but a value can be made.
_PLAIN: Final = frozenset(
    {"bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list",
     "NoneType", "range", "set", "slice", "str", "tuple"}
)  # fmt: skip
# They call what the file names, with arguments of the file.
_CALLERS: Final = frozenset({"ConstructorFromReduceNode", "MethodNode", "OperatorFuncNode"})


def examine_node(value: dict[str, Any], place: str) -> Iterator[Examination]:
    """Yield what is to be said of one JSON object, which may be a node of a schema."""
    if "__loader__" not in value:
        return
    loader, module, name = (value.get(key) for key in ("__loader__", "__module__", "__class__"))
    if not isinstance(loader, str) or not isinstance(module, str) or not isinstance(name, str):
        yield inconclusive("skops_node", "A node has no loader, module and class.", place)
    elif loader in _CALLERS:
        sentence = f"The loader {loader} calls {module}.{name} with what the file says."
        yield unsafe("skops_call", sentence, place, is_dangerous=True)
    elif loader not in _LOADERS:
        yield inconclusive("skops_loader", f"The loader {loader} is not known here.", place)
    else:
        yield _examine_type(module, name, place)


def _examine_type(module: str, name: str, place: str) -> Examination:
    """Say whether a type is one that may be built; all of them are listed, as of a pickle."""
    whole = f"{module}.{name}"
    if module == "builtins" and name in _PLAIN:
        return Examination()
    if known_use(module, name) is not None:
        return Examination(Verdict.KNOWN, globals=frozenset({whole}))
    sentence = f"The type {whole} is not on the list of those that may be built."
    dangerous = is_dangerous(module, name)
    return Examination(globals=frozenset({whole})) + unsafe(
        "skops_type", sentence, place, is_dangerous=dangerous
    )
