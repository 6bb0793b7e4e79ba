"""``keras_metadata.pb`` beside a SavedModel: the configuration of each Keras object as JSON."""

from typing import Final

from imports.scanning.examination import Examination, Format, Scan, together
from imports.scanning.formats.protobuf import BYTES, Field, Wire, looks_like
from imports.scanning.formats.saved_model import keras_metadata
from imports.scanning.formats.saying import malformed
from imports.scanning.sources import Source

_IDENTIFIER: Final = b"_tf_keras_"
_METADATA: Final = 5


def recognises(source: Source) -> bool:
    """Say whether nodes come first, and one of them is of Keras."""
    return looks_like(source, {1: BYTES}) and _IDENTIFIER in source.head


def examine(source: Source, scan: Scan) -> Examination:
    """Examine the metadata of every node."""
    wire, found = Wire(source, scan), []
    for node in wire.fields(wire.whole()):
        if node.number != 1 or node.wire != BYTES:
            raise malformed(source, "field_unknown", "Metadata of Keras has nodes only.")
        found.extend(_node(wire, node))
    return together(found)


def _node(wire: Wire, node: Field) -> list[Examination]:
    return [keras_metadata(wire, each) for each in wire.fields(node, 1) if each.number == _METADATA]


FORMAT: Final = Format("keras-metadata", frozenset({".pb"}), recognises, examine)
