"""TensorFlow's SavedModel: the operators of its graphs, read on the wire, and Keras's metadata.

The messages are those of ``tensorflow/core/protobuf/saved_model.proto`` and ``meta_graph.proto``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from imports.scanning.examination import Examination, Format, Scan, together
from imports.scanning.formats.json_meaning import examine_value
from imports.scanning.formats.json_reading import read_any_json
from imports.scanning.formats.protobuf import BYTES, VARINT, Field, Wire, peek
from imports.scanning.formats.saying import malformed, unsafe
from imports.scanning.formats.tensorflow_operators import is_dangerous, is_url
from imports.scanning.sources import Source

_MODEL: Final = {1: VARINT, 2: BYTES}
_SCHEMA: Final = b"\x08\x01\x12"
_META_GRAPH: Final = {1: BYTES, 2: BYTES, 3: BYTES, 4: BYTES, 5: BYTES, 6: BYTES, 7: BYTES}
_GRAPH_DEF, _OBJECT_GRAPH = 2, 7
_MOST_NAMES: Final = 200


@dataclass(slots=True)
class _Walk:
    """The operators and metadata that were met in all graphs."""

    wire: Wire
    operators: set[str] = field(default_factory=set)
    urls: set[str] = field(default_factory=set)
    found: list[Examination] = field(default_factory=list)


def recognises(source: Source) -> bool:
    """Say whether the schema version comes first, and a message that is no text behind it."""
    found = peek(source.head, 2) if source.head.startswith(_SCHEMA) else None
    return found is not None and (
        found.length == 0 or source.head[found.start : found.start + 1] < b" "
    )


def examine(source: Source, scan: Scan) -> Examination:
    """Walk over all graphs and their functions."""
    walk = _Walk(Wire(source, scan))
    for each in walk.wire.fields(walk.wire.whole()):
        if _MODEL.get(each.number) != each.wire:
            sentence = f"A SavedModel has no field {each.number} of this kind."
            raise malformed(source, "field_unknown", sentence)
        if each.number == 1 and each.value != 1:
            sentence = f"The schema {each.value} of SavedModel is not known here."
            raise malformed(source, "version_unknown", sentence)
        if each.number == 2:  # noqa: PLR2004 -- meta_graphs.
            _meta_graph(walk, each)
    return together(walk.found) + together(_summary(walk, source))


def _meta_graph(walk: _Walk, message: Field) -> None:
    for each in walk.wire.fields(message, 1):
        if _META_GRAPH.get(each.number) != each.wire:
            sentence = f"A graph has no field {each.number} of this kind."
            raise malformed(walk.wire.source, "field_unknown", sentence)
        if each.number == _GRAPH_DEF:
            _graph(walk, each)
        elif each.number == _OBJECT_GRAPH:
            _object_graph(walk, each)


def _graph(walk: _Walk, graph: Field) -> None:
    """Walk over nodes (1) and the functions (1) of the library (2)."""
    for each in walk.wire.fields(graph, 2):
        if each.number == 1:
            _node(walk, each)
        elif each.number == 2:  # noqa: PLR2004 -- library.
            for function in walk.wire.fields(each, 3):
                if function.number == 1:
                    _function(walk, function)


def _function(walk: _Walk, function: Field) -> None:
    for each in walk.wire.fields(function, 4):
        if each.number == 3:  # noqa: PLR2004 -- node_def.
            _node(walk, each)


def _node(walk: _Walk, node: Field) -> None:
    operator = ""
    for each in walk.wire.fields(node, 5):
        if each.number == 2:  # noqa: PLR2004 -- op.
            operator = walk.wire.text(each)
        elif each.number == 5 and operator in {"PrintV2", "Print"}:  # noqa: PLR2004 -- attr.
            _attribute(walk, each)
    if is_dangerous(operator):
        walk.operators.add(operator)


def _attribute(walk: _Walk, entry: Field) -> None:
    """Keep the address that a printing node writes to: ``AttrValue.s`` is its field 2."""
    for each in walk.wire.fields(entry, 6):
        if each.number == 2:  # noqa: PLR2004 -- the value of the entry of the map.
            for value in walk.wire.fields(each, 7):
                if value.number == 2 and value.wire == BYTES:  # noqa: PLR2004 -- a text.
                    text = walk.wire.data(value).decode("utf-8", "replace")
                    if is_url(text) and len(walk.urls) < _MOST_NAMES:
                        walk.urls.add(text)


def _object_graph(walk: _Walk, graph: Field) -> None:
    """Examine the metadata (3) of the user objects (5) among the saved objects (1)."""
    for saved in walk.wire.fields(graph, 2):
        if saved.number != 1:
            continue
        for each in walk.wire.fields(saved, 3):
            if each.number == 5 and each.wire == BYTES:  # noqa: PLR2004 -- user_object.
                walk.found.extend(_user_object(walk.wire, each))


def _user_object(wire: Wire, message: Field) -> Iterator[Examination]:
    for each in wire.fields(message, 4):
        if each.number == 3:  # noqa: PLR2004 -- metadata.
            yield keras_metadata(wire, each)


def keras_metadata(wire: Wire, found: Field) -> Examination:
    """Say what Keras is told in the metadata of an object, which is JSON or nothing."""
    text = wire.text(found, 16 << 20)
    if not text.strip():
        return Examination()
    return examine_value(read_any_json(text, wire.source, "metadata"), wire.source, "metadata")


def _summary(walk: _Walk, source: Source) -> Iterator[Examination]:
    for operator in sorted(walk.operators):
        sentence = f"The graph has the operator {operator}, which does more than compute."
        yield unsafe("tensorflow_operator", sentence, source.place, is_dangerous=True)
    for url in sorted(walk.urls):
        sentence = f"The graph prints to {url!r}."
        yield unsafe("tensorflow_prints_to_file", sentence, source.place, is_dangerous=True)


FORMAT: Final = Format("tensorflow-savedmodel", frozenset({".pb"}), recognises, examine)
