"""The zips that PyTorch writes: pickles, and the raw numbers of tensors beside them.

The layouts are those of ``torch.serialization._save``, ``torch.jit.save`` and
``torch.export.save`` (pt2). All their members lie in one folder, whose name is free.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Final

from imports.scanning.archives.zip_directory import Member, is_zip, read_directory
from imports.scanning.archives.zips import examine_member, examine_members
from imports.scanning.examination import Examination, LimitExceeded, Malformed, Scan
from imports.scanning.findings import Finding
from imports.scanning.pickles import torch_files
from imports.scanning.pickles.examining import examine_traced
from imports.scanning.pickles.trace import Trace
from imports.scanning.sources import Source, part_of
from imports.scanning.verdicts import Verdict

_STORED: Final = 0
_PICKLE: Final = "data.pkl"
_EXPORTED: Final = "archive_format"
_PICKLES: Final = frozenset({_PICKLE, "constants.pkl", "bytecode.pkl"})
_CODE: Final = "code/"
_NOTES: Final = frozenset(
    {
        ".data/serialization_id",
        ".data/version",
        ".format_version",
        ".storage_alignment",
        "archive_format",
        "archive_version",
        "byteorder",
        "version",
    }
)
_LONGEST_NOTE: Final = 64
_STORAGE: Final = re.compile(r"(?:data|constants|tensors)/\d+")
_EXPORTED_STORAGE: Final = re.compile(r"data/weights/weight_\d+|data/constants/tensor_\d+")


def layout_of(source: Source) -> str | None:
    """Return the folder in which PyTorch's members lie, with its slash, if it is such a zip."""
    if not is_zip(source):
        return None
    try:
        members = read_directory(source, Scan(lambda *_: Examination(), source.size))
    except (LimitExceeded, Malformed):
        return None
    for member in members:
        folder, slash, name = member.name.partition("/")
        if slash and name in {_PICKLE, _EXPORTED}:
            return f"{folder}/"
    return None


class TorchZip:
    """The examination of one such zip."""

    def __init__(self, source: Source, scan: Scan, folder: str) -> None:
        self._source = source
        self._scan = scan
        self._folder = folder
        self._members = read_directory(source, scan)
        self._names = {member.name: member for member in self._members}
        self._is_exported = f"{folder}{_EXPORTED}" in self._names
        self._trace = Trace(source.place)

    def examine(self) -> Examination:
        """Return what is found in all members together."""
        found = examine_members(self._members, self._source, self._scan, self._rule)
        for code, sentence in self._programs():
            finding = Finding.of(code, sentence, self._source.place)
            found += Examination(Verdict.UNSAFE, (finding,))
        if not found.verdict.blocks and (unused := self._unused()):
            sentence = f"The numbers in {unused} belong to no tensor, so they may be anything."
            finding = Finding.of("torch_storages", sentence, self._source.place)
            found += Examination(Verdict.INCONCLUSIVE, (finding,))
        if missing := sorted(filter(self._is_missing, self._trace.storages)):
            sentence = f"The numbers of the tensor storage {missing[0]} are missing or too few."
            finding = Finding.of("torch_storages", sentence, self._source.place)
            found += Examination(Verdict.INCONCLUSIVE, (finding,))
        return found

    def _programs(self) -> list[tuple[str, str]]:
        programs = []
        if any(name.startswith(f"{self._folder}{_CODE}") for name in self._names):
            sentence = "It holds a TorchScript program, which runs when the model is used."
            programs.append(("torchscript", sentence))
        if self._is_exported:
            sentence = "It holds an exported program, which runs when the model is used."
            programs.append(("torch_export", sentence))
        return programs

    def _unused(self) -> str | None:
        """Return a member that is passed over as a storage and that no pickle asks for."""
        asked = self._trace.storages
        for name in self._names:
            folder, _, key = name.removeprefix(self._folder).rpartition("/")
            if folder == "data" and key.isdecimal() and key not in asked:
                return name
        return None

    def _is_missing(self, key: str) -> bool:
        member = self._names.get(f"{self._folder}data/{key}")
        return member is None or member.size < self._trace.storages[key]

    def _rule(self, member: Member) -> Callable[[], Examination] | None:
        """Return how a member with a place in the layout is examined."""
        name = member.name.removeprefix(self._folder)
        if name == member.name or member.is_link or member.is_encrypted:
            return None
        if name in _PICKLES or name.endswith(".debug_pkl"):
            return partial(self._pickle, member)
        if name in _NOTES and member.size <= _LONGEST_NOTE:
            return partial(self._note, member)
        pattern = _EXPORTED_STORAGE if self._is_exported else _STORAGE
        if pattern.fullmatch(name) and member.method == _STORED:
            # Numbers: nothing but torch's own storages reads them.
            return Examination
        return None

    def _pickle(self, member: Member) -> Examination:
        if member.method != _STORED:
            return examine_member(member, self._source, self._scan)
        place = f"{self._source.place}!{member.name}" if self._source.place else member.name
        stream = part_of(self._source, member.offset, member.size)
        inner = Source(stream, member.size, _PICKLE, place, self._source.depth + 1)
        self._trace = Trace(place, storages=self._trace.storages)
        return examine_traced(inner, self._scan, self._trace, torch_files.persistent_load)

    def _note(self, member: Member) -> Examination:
        data = self._source.read_at(member.offset, member.size)
        if member.method != _STORED or not data.isascii():
            return examine_member(member, self._source, self._scan)
        return Examination()
