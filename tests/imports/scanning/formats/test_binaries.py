import base64
import gzip
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.scanned import BLOCKED, codes, is_dangerous, scan
from tests.imports.scanning.formats.wire import field


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01" + bytes(60),
        b"MZ\x90\x00" + bytes(56) + struct.pack("<I", 64) + b"PE\0\0" + bytes(20),
        b"\xcf\xfa\xed\xfe" + bytes(60),
        b"\xfe\xed\xfa\xce" + bytes(60),
        b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(60),
        b"\0asm\x01\0\0\0",
        b"dex\n035\0" + bytes(60),
        b"!<arch>\nx",
        b"\xa7\x0d\x0d\x0a" + bytes(12) + b"\xe3" + bytes(20),
        b"L\0\0\0\x01\x14\x02\0" + bytes(60),
    ],
)
@pytest.mark.parametrize("name", ["model.so", "model.safetensors", "model"])
def test_machine_code_is_unsafe_under_any_name(data: bytes, name: str) -> None:
    found = scan(data, name)

    assert found.verdict is Verdict.UNSAFE
    assert "native_code" in codes(found)


@pytest.mark.parametrize(
    "data",
    [b"lmgg" + bytes(60), b"tjgg\x03" + bytes(60), b"SQLite format 3\0", b"ID3\x04" + bytes(9)],
)
def test_what_is_known_and_not_read_blocks(data: bytes) -> None:
    found = scan(data)

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {"format_not_read"})


def test_what_is_not_known_blocks() -> None:
    found = scan(bytes(range(256)), "weights")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {"unknown_format"})


def test_a_file_of_pdf_says_that_it_is_not_looked_into() -> None:
    found = scan(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "report.pdf")

    assert (found.verdict, codes(found)) == (Verdict.DATA, {"pdf"})


# Pictures and film.


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


HEAD = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
PNG = (
    b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", HEAD) + chunk(b"IDAT", zlib.compress(b"\0\0"))
    + chunk(b"IEND", b"")
)  # fmt: skip
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
JPEG = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xda\0\x08\x01\x01\0\0\x3f\0"
    b"\x12\xff\0\x34\xff\xd9"
)
WAVE = b"RIFF" + struct.pack("<I", 12) + b"WAVEdata" + bytes(4)
FILM = struct.pack(">I", 16) + b"ftypisom" + bytes(4) + struct.pack(">I", 12) + b"mdat" + bytes(4)
MEDIA = {"a.png": PNG, "a.gif": GIF, "a.jpg": JPEG, "a.wav": WAVE, "a.mp4": FILM}


@pytest.mark.parametrize("name", MEDIA)
def test_pictures_and_film_are_data_to_their_end_and_no_further(name: str) -> None:
    data = MEDIA[name]

    assert (scan(data, name).verdict, scan(data, name).findings) == (Verdict.DATA, ())
    assert scan(data + b"hidden bytes", name).verdict is Verdict.INCONCLUSIVE
    for end in range(12, len(data)):
        if (name, end) != ("a.mp4", 16):
            assert scan(data[:end], name).verdict is Verdict.INCONCLUSIVE, end


def test_the_pictures_of_these_docs_are_data() -> None:
    pictures = list((Path(__file__).resolve().parents[4] / "docs").rglob("*.png"))

    assert pictures
    for picture in pictures:
        assert scan(picture.read_bytes(), picture.name).verdict is Verdict.DATA


# Tables.


class Pickled(pa.ExtensionType):  # type: ignore[misc]
    """A type with the name that older pyarrow unpickled."""

    def __init__(self) -> None:
        super().__init__(pa.int64(), "arrow.py_extension_type")

    def __arrow_ext_serialize__(self) -> bytes:
        return b"cos\nsystem\n(S'id'\ntR."


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[dict[str, bytes]]:
    """The same table in every form, with a type that is a pickle."""
    storage = pa.array([1, 2], pa.int64())
    table = pa.table({"a": pa.ExtensionArray.from_storage(Pickled(), storage)})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    for name, maker in {"t.arrow": pa.ipc.new_stream, "t.feather": pa.ipc.new_file}.items():
        with pa.OSFile(str(tmp_path / name), "wb") as file, maker(file, table.schema) as writer:
            writer.write_table(table)
    return {each.name: each.read_bytes() for each in tmp_path.iterdir()}


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow", "t.feather"])
def test_a_type_that_is_a_pickle_is_dangerous(tables: dict[str, bytes], name: str) -> None:
    # CVE-2023-47248.
    found = scan(tables[name], name)

    assert (found.verdict, codes(found)) == (Verdict.UNSAFE, {"arrow_pickled_type"})
    assert is_dangerous(found)


@pytest.mark.parametrize("name", ["table.parquet", "table.feather", "table.arrow"])
def test_a_table_that_is_cut_or_goes_on_blocks(real_files: Path, name: str) -> None:
    data = (real_files / name).read_bytes()

    assert scan(data + b"hidden", name).verdict is Verdict.INCONCLUSIVE
    for end in range(8, len(data)):
        assert scan(data[:end], name).verdict is Verdict.INCONCLUSIVE, end


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("footer_length", b"PAR1" + bytes(8) + struct.pack("<I", 2**31) + b"PAR1"),
        ("footer_length", b"PAR1" + bytes(8) + struct.pack("<I", 0) + b"PAR1"),
        ("footer_missing", b"PAR1" + bytes(8)),
        ("footer_missing", b"PARE" + bytes(8) + b"PARE"),
        ("footer_length", b"ARROW1\0\0" + bytes(8) + struct.pack("<i", -5) + b"ARROW1"),
        ("message_length", b"\xff" * 4 + struct.pack("<I", 2**29) + bytes(8)),
        ("truncated", b"\xff" * 4 + struct.pack("<I", 800) + bytes(8)),
        ("version_unknown", b"FEA1" + bytes(20)),
    ],
)
def test_a_broken_table_blocks(code: str, data: bytes) -> None:
    found = scan(data, "table.parquet")

    assert found.verdict is Verdict.INCONCLUSIVE
    assert code in codes(found)


# MessagePack.

FLAX = b"\x81\xa6params\x81\xa6kernel\xc7\x05\x01hello"


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("msgpack_extension", b"\x81\xa1a\xd4\x2ax"),
        ("msgpack_extension", b"\x81\xa1a\xd6\xff" + bytes(4)),
        ("msgpack_unknown", b"\x81\xa1a\xc1"),
        ("truncated", b"\x81\xa1a\xc6\xff\xff\xff\xff"),
        ("truncated", b"\x81\xa1a\xdd\xff\xff\xff\xff\xc0"),
        ("truncated", b"\xdf\xff\xff\xff\xff\xa1a\xc0"),
        ("nested_too_deep", b"\x81\xa1a" + b"\x91" * 5_000 + b"\xc0"),
        ("trailing_bytes", FLAX + b"\xc0"),
        ("truncated", FLAX[:-1]),
    ],
)
def test_broken_msgpack_blocks(code: str, data: bytes) -> None:
    assert (scan(FLAX).verdict, scan(FLAX).format) == (Verdict.DATA, "msgpack")

    found = scan(data, "flax_model.msgpack")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {code})


# SentencePiece.


def piece(text: str, score: float = -1.0, kind: int | None = None) -> bytes:
    scored = field(1, text) + b"\x15" + struct.pack("<f", score)
    return field(1, scored + (b"" if kind is None else field(3, kind)))


PIECES = piece("<pad>", 0, 3) + piece("</s>", 0, 3) + piece("▁the") + field(2, field(10, "x"))


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("field_unknown", PIECES + field(9, "x")),
        ("field_unknown", PIECES + field(1, field(7, "x"))),
        ("field_unknown", PIECES + field(1, field(1, 5))),
        ("truncated", PIECES[:-1]),
        ("truncated", PIECES + b"\x0a\xff\x03"),
        ("wire_type", PIECES + b"\x0b"),
        ("wire_type", PIECES + field(2, b"\x0c")),
        ("varint_too_long", PIECES + b"\xff" * 12),
    ],
)
def test_a_broken_vocabulary_blocks(code: str, data: bytes) -> None:
    assert (scan(PIECES).verdict, scan(PIECES).format) == (Verdict.DATA, "sentencepiece")

    found = scan(data, "spiece.model")

    assert (found.verdict, codes(found)) == (Verdict.INCONCLUSIVE, {code})


def test_compressed_text_is_no_text() -> None:
    assert scan(gzip.compress(b"import os")[:-9], "notes.txt").verdict in BLOCKED
