"""safetensors: a JSON header of tensors, whose bytes must cover the rest of the file exactly.

The rules are those of https://github.com/huggingface/safetensors#format.
"""

from math import prod
from typing import Any, Final

from imports.scanning.examination import Examination, Format, Scan, together
from imports.scanning.formats.json_reading import read_json
from imports.scanning.formats.metadata_texts import examine_metadata
from imports.scanning.formats.saying import malformed
from imports.scanning.sources import Source

_LENGTH: Final = 8
# The library's own bound.
_LONGEST_HEADER: Final = 100_000_000
_MOST_DIMENSIONS: Final = 64
_BITS: Final = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64, "C128": 128,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


def recognises(source: Source) -> bool:
    """Say whether a length and the brace of a JSON object come first."""
    return len(source.head) > _LENGTH and source.head[_LENGTH : _LENGTH + 2] in _OPENINGS


_OPENINGS: Final = frozenset({b'{"', b"{}", b"{ ", b"{\n", b"{\t", b"{\r"})


def examine(source: Source, scan: Scan) -> Examination:
    """Hold every tensor against the header and the header against the file."""
    length = int.from_bytes(source.head[:_LENGTH], "little")
    if length > min(_LONGEST_HEADER, scan.limits.structure_bytes, source.size - _LENGTH):
        sentence = f"The header claims {length:,} bytes; the file has {source.size:,}."
        raise malformed(source, "header_length", sentence)
    header = read_json(source.read_at(_LENGTH, length), source)
    metadata = header.pop("__metadata__", {})
    _check_metadata(metadata, source)
    spans = [_span(name, tensor, source) for name, tensor in header.items()]
    _check_cover(spans, source.size - _LENGTH - length, source)
    return together(examine_metadata(key, text, source, scan) for key, text in metadata.items())


def _check_metadata(metadata: Any, source: Source) -> None:
    if not isinstance(metadata, dict) or not all(
        isinstance(value, str) for value in metadata.values()
    ):
        sentence = "__metadata__ must hold texts only."
        raise malformed(source, "metadata_not_text", sentence, "__metadata__")


def _span(name: str, tensor: Any, source: Source) -> tuple[int, int]:
    """Return where a tensor begins and ends, if its type and shape need just these bytes."""
    if not isinstance(tensor, dict) or set(tensor) != {"dtype", "shape", "data_offsets"}:
        sentence = "A tensor has dtype, shape and data_offsets, and nothing else."
        raise malformed(source, "tensor_fields", sentence, name)
    dtype, shape, offsets = tensor["dtype"], tensor["shape"], tensor["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise malformed(source, "tensor_type_unknown", f"The type {dtype!r} is unknown.", name)
    if not _are_sizes(shape) or len(shape) > _MOST_DIMENSIONS:
        raise malformed(source, "tensor_shape", "The shape is no list of sizes.", name)
    if not _are_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:  # noqa: PLR2004
        raise malformed(source, "tensor_offsets", "The offsets are no begin and end.", name)
    begin, end = offsets
    if prod(shape) * _BITS[dtype] != (end - begin) * 8:
        sentence = f"{dtype} of shape {shape} does not take {end - begin:,} bytes."
        raise malformed(source, "tensor_size", sentence, name)
    return begin, end


def _are_sizes(value: Any) -> bool:
    return isinstance(value, list) and all(
        type(each) is int and 0 <= each < 2**63 for each in value
    )


def _check_cover(spans: list[tuple[int, int]], available: int, source: Source) -> None:
    """Refuse holes, overlaps and bytes that no tensor claims."""
    position = 0
    for begin, end in sorted(spans):
        if begin != position:
            what = "overlap" if begin < position else "leave a hole"
            sentence = f"Tensors {what} at byte {begin:,} of the data."
            raise malformed(source, "tensors_not_contiguous", sentence)
        position = end
    if position != available:
        sentence = f"The tensors take {position:,} bytes, and {available:,} are there."
        raise malformed(source, "tensors_and_size_differ", sentence)


FORMAT: Final = Format("safetensors", frozenset({".safetensors"}), recognises, examine)
