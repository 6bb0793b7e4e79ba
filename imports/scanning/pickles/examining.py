"""The examination of a source that is a pickle, or several, or one with raw arrays between."""

import contextlib
from typing import Final

from imports.scanning.examination import (
    Examination,
    LimitExceeded,
    Malformed,
    Scan,
)
from imports.scanning.pickles import torch_files
from imports.scanning.pickles.arrays import load_array
from imports.scanning.pickles.judging import is_likely, is_plausible, judged
from imports.scanning.pickles.machine import Machine, PersistentLoad
from imports.scanning.pickles.opinion import second_opinion
from imports.scanning.pickles.reader import Reader
from imports.scanning.pickles.running import run
from imports.scanning.pickles.trace import Trace
from imports.scanning.pickles.values import Blob
from imports.scanning.sources import Source, part_of
from imports.scanning.verdicts import Verdict

_MOST_PICKLES: Final = 10_000


def examine_pickle(
    source: Source, scan: Scan, *, persistent_load: PersistentLoad | None = None
) -> Examination:
    """Return what loading the source would import, make and call.

    ``persistent_load`` answers persistent ids where a format has them.
    """
    return examine_traced(source, scan, Trace(source.place), persistent_load)


def examine_traced(
    source: Source, scan: Scan, trace: Trace, persistent_load: PersistentLoad | None
) -> Examination:
    """Return the same, and leave in ``trace`` what the pickle asks of its format."""
    try:
        _walk(Reader(source.stream, source.size), trace, scan, persistent_load)
        if trace.has_arrays:
            _walk_as_plain(source, trace, scan)
    except (Malformed, LimitExceeded) as end:
        trace.inconclusive(end.finding)
    found = judged(trace)
    for blob in trace.nested:
        found += _nested(blob, source, scan)
    for blob in trace.loaded:
        found += _loaded(blob, source, scan)
    return found + second_opinion(source, scan)


def _walk(reader: Reader, trace: Trace, scan: Scan, persistent_load: PersistentLoad | None) -> None:
    """Walk all pickles of a stream to its end."""
    first = _run(reader, trace, scan, persistent_load)
    if first == torch_files.MAGIC:
        _walk_legacy_torch(reader, trace, scan)
        return
    pickles = 1
    while not reader.is_at_end:
        end = reader.position
        pickles += 1
        if pickles > _MOST_PICKLES:
            raise LimitExceeded("too_many_pickles", "The file holds too many pickles.")
        try:
            _run(reader, trace, scan, persistent_load)
        except Malformed as error:
            sentence = f"Behind its end, at byte {end:,}, follows something that is no pickle."
            raise Malformed("trailing_data", sentence) from error


def _walk_legacy_torch(reader: Reader, trace: Trace, scan: Scan) -> None:
    values: list[object] = [torch_files.MAGIC]
    while len(values) < torch_files.LEGACY_PICKLES:
        values.append(_run(reader, trace, scan, torch_files.persistent_load))
        torch_files.check_legacy(values)
    torch_files.skip_storages(values[-1], reader, trace)
    if not reader.is_at_end:
        raise Malformed("trailing_data", "Behind the last storage follows something else.")


def _run(
    reader: Reader, trace: Trace, scan: Scan, persistent_load: PersistentLoad | None
) -> object:
    machine = Machine(reader, trace, scan, persistent_load=persistent_load, array_load=load_array)
    return run(machine)


def _walk_as_plain(source: Source, trace: Trace, scan: Scan) -> None:
    """Note what a reader would do that knows nothing of joblib's arrays.

    It takes their bytes for opcodes. It fails soon on those of numbers, and in a hostile file it
    may first import what joblib's own reader passes over.
    """
    plain = Trace(source.place)
    with contextlib.suppress(Malformed):
        run(Machine(Reader(source.stream, source.size), plain, scan))
    for name, use in plain.uses.items():
        if name not in trace.uses and is_likely(name):
            trace.use(name, use)
            sentence = f"The bytes of an array import {name} in a reader other than joblib's."
            trace.unsafe("code_in_array", sentence)


def _nested(blob: Blob, source: Source, scan: Scan) -> Examination:
    """Return what a pickle in the bytes of this one does, if they are one."""
    inner = Trace(source.place)
    stream = part_of(source, blob.offset, blob.length)
    try:
        run(Machine(Reader(stream, blob.length), inner, scan))
    except Malformed:
        if not any(map(is_plausible, inner.uses)):
            return Examination()
    except LimitExceeded as end:
        inner.inconclusive(end.finding)
    return judged(inner)


def _loaded(blob: Blob, source: Source, scan: Scan) -> Examination:
    """Return what is found in bytes that a known global loads as a file of PyTorch."""
    stream = part_of(source, blob.offset, blob.length)
    try:
        return scan.examine_member(stream, size=blob.length, name=f"@{blob.offset}", of=source)
    except LimitExceeded as end:
        return Examination(Verdict.INCONCLUSIVE, (end.finding,))


def looks_like_a_pickle(source: Source, scan: Scan) -> bool:
    """Say whether bytes without the usual first opcode would do something when unpickled.

    Protocols 0 and 1 have no first bytes of their own, and any text may begin with an opcode. So
    it must come to a good end, or import what can be imported before it fails.
    """
    trace = Trace(source.place)
    reader = Reader(source.stream, source.size)
    try:
        run(Machine(reader, trace, scan))
    except Malformed:
        return any(use > 0 and is_plausible(name) for name, use in trace.uses.items())
    except LimitExceeded:
        return True
    return reader.is_at_end or any(map(is_plausible, trace.uses))
