"""Versions as a source: what comes in is what a converter makes of one.

Looking it up means to convert it, so that a conversion which fails takes no number, and to compare
both. What was made is kept until the import ends.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from aegis.converters.protocol import Given
from aegis.problems import Conflict
from aegis.proof.streams import Readable
from imports.converting import rooms
from imports.converting.child import GIVEN, MADE
from imports.converting.children import convert
from imports.converting.comparing import compare
from imports.converting.examples import example_for
from imports.converting.known import Known, find, versions_of
from imports.converting.originals import facts_of, files_to_convert, why_not_convert
from imports.converting.siblings import sibling_of
from imports.sources.protocol import Notice, Plan, PlannedFile
from registry.derived_cards import taken_over
from registry.models import ModelVersion


class ConversionSource:
    """A version that is converted. ``plan`` takes as long as its converter does."""

    kind: ClassVar[str] = ModelVersion.Source.CONVERSION

    def plan(self, reference: Mapping[str, Any]) -> Plan:
        """Convert the version and compare both; or compare it with what was converted before."""
        parent = _parent(reference)
        if refusal := why_not_convert(parent):
            raise refusal
        by = find(reference["converter"])
        files = files_to_convert(parent)
        with rooms.workshop() as room:
            rooms.unpack(parent, room / GIVEN)
            example = example_for(reference, room / GIVEN, files)
            sibling = None if reference["new_version"] else sibling_of(parent, by)
            walls: tuple[str, ...] = ()
            if sibling is None:
                walls = convert(by, Given(room / GIVEN, files, example.value), room)
            else:
                rooms.unpack(sibling, room / MADE)
            made = _made(by, room)
            compared, why_not = compare(room / GIVEN, room / MADE, example, by=by.converter.name)
            rooms.keep(room, UUID(reference["room"]))
        plan = _plan(parent, by, made, reference["room"])
        return replace(
            plan,
            notices=_notices(why_not),
            conversion={
                **(plan.conversion or {}),
                "isolation": list(walls),
                "compared": asdict(compared) if compared else None,
            },
        )

    @contextmanager
    def open(self, plan: Plan, file: PlannedFile, *, offset: int) -> Iterator[Readable]:
        """Open a file that was made."""
        assert plan.conversion is not None
        with rooms.kept(UUID(plan.conversion["room"]), file.place).open("rb") as stream:
            stream.seek(offset)
            yield stream

    def annotate(self, plan: Plan, tags: Mapping[str, str]) -> None:
        """Note nothing: a version shows by itself what was converted from it."""

    def read_back(self, plan: Plan) -> Mapping[str, str]:  # noqa: ARG002 -- The protocol's.
        """Return nothing, as nothing was noted."""
        return {}


def _parent(reference: Mapping[str, Any]) -> ModelVersion:
    found = ModelVersion.objects.select_related("registered_model", "artifact")
    version: ModelVersion = found.get(pk=reference["version"])
    return version


def _made(by: Known, room: Path) -> tuple[PlannedFile, ...]:
    """Return the files that were made, with their sizes and digests."""
    made = rooms.made_in(room)
    if not made:
        raise Conflict("conversion_empty", f"{by.converter.name} made no file.")
    return tuple(_planned(path, room / MADE) for path in made)


def _planned(path: Path, folder: Path) -> PlannedFile:
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    name = path.relative_to(folder).as_posix()
    return PlannedFile(name, name, path.stat().st_size, sha256)


def _plan(parent: ModelVersion, by: Known, made: tuple[PlannedFile, ...], room: str) -> Plan:
    converter = by.converter
    packages = versions_of(converter.requires)
    way = f"{converter.name} {converter.version}"
    return Plan(
        # Converters need not write the same bytes twice, so no two conversions are one.
        identity=f"conversion:{parent.digest}:{way}:{room}",
        shown=f"{parent.registered_model.name} v{parent.number} as {converter.title}",
        files=made,
        pinned={"version": str(parent.number), "digest": parent.digest, "converter": way},
        facts=facts_of(parent, by, packages),
        card=taken_over(parent),
        conversion={
            "room": room,
            "parent": str(parent.pk),
            "parent_digest": parent.digest,
            "converter": converter.name,
            "converter_version": converter.version,
            "packages": packages,
        },
    )


def _notices(why_not: str) -> tuple[Notice, ...]:
    if not why_not:
        return ()
    said = f"It was not compared, or gave other outputs: {why_not}"
    return (Notice("conversion_not_compared", said),)
