"""ONNX: the model's nodes and tensors walked on the wire, for operators and external files.

The messages are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from imports.scanning.examination import Examination, Format, Scan, together
from imports.scanning.formats.metadata_texts import examine_metadata
from imports.scanning.formats.protobuf import BYTES, VARINT, Field, Wire, peek
from imports.scanning.formats.saying import at, malformed, note, unsafe
from imports.scanning.sources import Source

_NEWEST_IR: Final = 14
# No version of ONNX will be this high soon; other formats begin with larger numbers.
_OLDEST_UNKNOWN: Final = 64
_MODEL: Final = {
    1: VARINT, 2: BYTES, 3: BYTES, 4: BYTES, 5: VARINT, 6: BYTES, 7: BYTES, 8: BYTES,
    14: BYTES, 20: BYTES, 25: BYTES, 26: BYTES,
}  # fmt: skip
_GRAPH, _OPSETS, _METADATA, _TRAINING, _FUNCTIONS = 7, 8, 14, 20, 25
_TEXTS_OF_MODEL: Final = frozenset({2, 3, 4, 6})
_STANDARD_DOMAINS: Final = frozenset(
    {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "ai.onnx.preview",
     "com.microsoft", "com.microsoft.nchwc", "com.microsoft.nhwc"}
)  # fmt: skip
# Operators that run Python, whatever their domain.
_PYTHON_OPERATORS: Final = frozenset({"PyOp", "PyCustomOp", "PythonOp", "PythonOpGrad", "PyFunc"})
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_MOST_NAMES: Final = 100


@dataclass(slots=True)
class _Walk:
    """What is collected on the way through a model."""

    wire: Wire
    domains: set[str] = field(default_factory=set)
    own_domains: set[str] = field(default_factory=set)
    python: set[str] = field(default_factory=set)
    locations: set[str] = field(default_factory=set)


def recognises(source: Source) -> bool:
    """Say whether the version of the format comes first, and a field of a model behind it.

    A SavedModel begins alike, with a message where a model has its producer's name.
    """
    first = peek(source.head, 0)
    if first is None or first.number != 1 or first.wire != VARINT or first.value > _OLDEST_UNKNOWN:
        return False
    second = peek(source.head, first.end)
    if second is None or _MODEL.get(second.number) != second.wire:
        return False
    is_text = second.number in _TEXTS_OF_MODEL and second.length > 0
    return not (is_text and source.head[second.start] < ord(" "))


def examine(source: Source, scan: Scan) -> Examination:
    """Walk over the graph, its functions and its training, and say what they need."""
    walk = _Walk(Wire(source, scan))
    found: list[Examination] = []
    seen: set[int] = set()
    for each in walk.wire.fields(walk.wire.whole()):
        seen.add(each.number)
        if _MODEL.get(each.number) != each.wire:
            sentence = f"A model has no field {each.number} of this kind."
            raise malformed(source, "field_unknown", sentence)
        if each.number == 1 and not 1 <= each.value <= _NEWEST_IR:
            raise malformed(
                source, "version_unknown", f"IR version {each.value} is not known here."
            )
        if each.number in _TEXTS_OF_MODEL:
            _check_text(walk.wire.text(each), source)
        found.extend(_examine_part(each, walk, source, scan))
    if not {1, _GRAPH} <= seen:
        raise malformed(source, "graph_missing", "The model has no graph.")
    return together(found) + together(_summary(walk, source))


def _check_text(text: str, source: Source) -> None:
    """Refuse what another protobuf format would read as messages of its own."""
    if _CONTROLS.search(text):
        raise malformed(source, "text_control_character", "A name of the model is no plain text.")


def _examine_part(part: Field, walk: _Walk, source: Source, scan: Scan) -> Iterator[Examination]:
    if part.number == _METADATA:
        key, value = _entry(walk.wire, part)
        yield examine_metadata(key, value, source, scan)
    elif part.number in _PARTS:
        _PARTS[part.number](walk, part, 1)


def _entry(wire: Wire, message: Field) -> tuple[str, str]:
    """Return key and value of a ``StringStringEntryProto``."""
    texts = {1: "", 2: ""}
    for each in wire.fields(message, 2):
        if each.number in texts:
            texts[each.number] = wire.text(each, 16 << 20)
    return texts[1], texts[2]


def _graph(walk: _Walk, graph: Field, depth: int) -> None:
    for each in walk.wire.fields(graph, depth):
        if each.number == 1:
            _node(walk, each, depth + 1)
        elif each.number == 5:  # noqa: PLR2004 -- initializer.
            _tensor(walk, each, depth + 1)
        elif each.number == 15:  # noqa: PLR2004 -- sparse_initializer.
            _sparse(walk, each, depth + 1)


def _node(walk: _Walk, node: Field, depth: int) -> None:
    operator, domain = "", ""
    for each in walk.wire.fields(node, depth):
        if each.number == 4:  # noqa: PLR2004 -- op_type.
            operator = walk.wire.text(each)
        elif each.number == 7:  # noqa: PLR2004 -- domain.
            domain = walk.wire.text(each)
        elif each.number == 5:  # noqa: PLR2004 -- attribute.
            _attribute(walk, each, depth + 1)
    if operator in _PYTHON_OPERATORS:
        walk.python.add(f"{domain}.{operator}")
    if len(walk.domains) < _MOST_NAMES:
        walk.domains.add(domain)


def _attribute(walk: _Walk, attribute: Field, depth: int) -> None:
    """Walk over an attribute's tensors (5, 10), graphs (6, 11) and sparse tensors (22, 23)."""
    steps = {5: _tensor, 10: _tensor, 6: _graph, 11: _graph, 22: _sparse, 23: _sparse}
    for each in walk.wire.fields(attribute, depth):
        if each.number in steps:
            steps[each.number](walk, each, depth + 1)


def _sparse(walk: _Walk, sparse: Field, depth: int) -> None:
    for each in walk.wire.fields(sparse, depth):
        if each.number in {1, 2}:
            _tensor(walk, each, depth + 1)


def _tensor(walk: _Walk, tensor: Field, depth: int) -> None:
    for each in walk.wire.fields(tensor, depth):
        if each.number == 13:  # noqa: PLR2004 -- external_data.
            key, value = _entry(walk.wire, each)
            if key == "location":
                _keep(walk.locations, value)
            elif key in {"offset", "length"} and not re.fullmatch(r"\d{1,18}", value):
                sentence = f"The {key} of external data is {value!r}."
                raise malformed(walk.wire.source, "external_data_range", sentence)
        elif each.number == 1 and each.wire == VARINT and each.value >= 2**63:
            raise malformed(walk.wire.source, "tensor_shape", "A tensor's dimension is negative.")


def _keep(names: set[str], name: str) -> None:
    """Keep a name; of very many, those that lead out of the folder at least."""
    if len(names) < _MOST_NAMES or leads_out(name):
        names.add(name[:500])


def _function(walk: _Walk, function: Field, depth: int) -> None:
    for each in walk.wire.fields(function, depth):
        if each.number == 7:  # noqa: PLR2004 -- node.
            _node(walk, each, depth + 1)
        elif each.number == 10:  # noqa: PLR2004 -- domain.
            walk.own_domains.add(walk.wire.text(each))
        elif each.number == 11:  # noqa: PLR2004 -- attribute_proto.
            _attribute(walk, each, depth + 1)


def _training(walk: _Walk, training: Field, depth: int) -> None:
    for each in walk.wire.fields(training, depth):
        if each.number in {1, 2}:
            _graph(walk, each, depth + 1)


_PARTS: Final[dict[int, Callable[[_Walk, Field, int], None]]] = {
    _GRAPH: _graph,
    _TRAINING: _training,
    _FUNCTIONS: _function,
}


def _summary(walk: _Walk, source: Source) -> Iterator[Examination]:
    for name in sorted(walk.python):
        sentence = f"The operator {name} runs Python."
        yield unsafe("onnx_python_operator", sentence, source.place, is_dangerous=True)
    for domain in sorted(walk.domains - _STANDARD_DOMAINS - walk.own_domains):
        sentence = f"Operators of {domain!r} come from a library that the loader has to bring."
        yield note("onnx_custom_operators", sentence, source.place)
    for location in sorted(walk.locations):
        if leads_out(location):
            sentence = f"Tensors lie in {location!r}, outside of the model's folder."
            yield unsafe("external_file", sentence, at(source, "external_data"), is_dangerous=True)
        else:
            sentence = f"Tensors lie in the file {location!r} beside this one."
            yield note("external_data", sentence, at(source, "external_data"))


def leads_out(location: str) -> bool:
    """Say whether a path is absolute, climbs, or is none that every system reads alike."""
    parts = re.split(r"[/\\]", location)
    return (
        not location.strip()
        or location.startswith(("/", "\\", "~"))
        or ".." in parts
        or ":" in location
        or "\\" in location
        or "$" in location
        or "\0" in location
    )


FORMAT: Final = Format("onnx", frozenset({".onnx"}), recognises, examine)
