"""Models in a bucket, as a source of imports."""

import hashlib
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Final

from aegis.problems import Forbidden, NotFound
from aegis.proof.streams import Readable
from aegis.settings.import_buckets import VARIABLE, ImportBucket
from imports.sources.limits import named, notices_of_size
from imports.sources.patterns import rule_of
from imports.sources.protocol import LeftOutFile, Notice, Plan, PlannedFile
from imports.sources.s3.choosing import Candidate, Choice, choose
from imports.sources.s3.connecting import Connection
from imports.sources.s3.describing import Told, told_of
from imports.sources.s3.objects import (
    Stored,
    find,
    find_all,
    listing,
    page_of,
    require_readable,
)
from imports.sources.s3.references import KIND, Reference
from registry.storage.s3_answers import Bucket
from registry.storage.s3_reader import Found, S3Stream

_SHOWN_DIGITS: Final = 16
_SHOWN_LENGTH: Final = 1_000


class BucketSource:
    """What is configured of one bucket."""

    kind: ClassVar[str] = KIND

    def __init__(self, place: ImportBucket) -> None:
        self._place = place
        self._connection = Connection(place)

    def plan(self, reference: Mapping[str, Any]) -> Plan:
        """Say which objects a reference names now, pinned to their ETags and versions."""
        asked = Reference.read(reference)
        with self._connection.open() as bucket:
            alone = None if asked.is_folder else find(bucket, asked.key)
            if alone is not None:
                return self._plan_of_one(bucket, asked, alone)
            return self._plan_of_folder(bucket, asked)

    @contextmanager
    def open(
        self,
        plan: Plan,  # noqa: ARG002 -- The protocol's; the file itself says which object it is.
        file: PlannedFile,
        *,
        offset: int,
    ) -> Generator[Readable, None, None]:
        """Open an object from ``offset`` on, under the condition that it is the one looked up."""
        if not self._place.covers(file.place):
            raise Forbidden(
                "s3_not_configured",
                f"{file.path} is no longer part of what is configured of a bucket.",
                mend=f"The operator names it in {VARIABLE}.",
            )
        size = file.size or 0
        found = Found(file.place, file.path, size, f'"{file.mark}"', version_id=file.version)
        with (
            self._connection.open() as bucket,
            S3Stream(bucket, found, offset=offset, end=size) as stream,
        ):
            yield stream

    def annotate(self, plan: Plan, tags: Mapping[str, str]) -> None:
        """Do nothing: Aegis may only read."""

    def read_back(self, plan: Plan) -> Mapping[str, str]:  # noqa: ARG002 -- The protocol's.
        """Return nothing: there are no notes of ours."""
        return {}

    def _plan_of_one(self, bucket: Bucket, asked: Reference, stored: Stored) -> Plan:
        path = asked.key.rpartition("/")[2]
        rule = rule_of(path, include=asked.include, exclude=asked.exclude)
        choice = Choice()
        if rule:
            choice.left.append(LeftOutFile(path, rule, stored.size, stored.sha256))
        else:
            choice.taken.append(Candidate(asked.key, path, stored.size))
        pins = {"etag": stored.etag, "version_id": stored.version_id}
        plan = self._plan(bucket, asked.uri, choice, [] if rule else [stored], pins)
        return replace(plan, notices=(*plan.notices, *_beside(bucket, asked)))

    def _plan_of_folder(self, bucket: Bucket, asked: Reference) -> Plan:
        choice = choose(asked, listing(bucket, asked.folder))
        if not (choice.taken or choice.left or choice.unusable):
            raise NotFound(
                "s3_nothing_there",
                f"The bucket {bucket} has no object {asked.uri}"
                f"{'' if asked.is_folder else ' and none below it'}.",
                mend="Capital and small letters differ in keys; write it as the bucket has it.",
            )
        is_refused = any(True for _ in (*choice.notices(), *notices_of_size(choice.taken)))
        keys = [] if is_refused else [one.key for one in choice.taken]
        uri = asked.uri if asked.uri.endswith("/") else f"{asked.uri}/"
        return self._plan(bucket, uri, choice, find_all(bucket, keys), {})

    def _plan(
        self,
        bucket: Bucket,
        uri: str,
        choice: Choice,
        stored: Sequence[Stored],
        pins: Mapping[str, str],
    ) -> Plan:
        by_key = {one.key: one for one in stored}
        files = tuple(_planned(one, by_key.get(one.key)) for one in choice.taken)
        mark = _mark(files)
        archived = [one.path for one in choice.taken if _is_archived(by_key, one)]
        told = Told()
        if stored and not archived:
            require_readable(bucket, stored[0])
            told = told_of(bucket, files)
        pinned = {
            "bucket": self._place.name,
            "storage_endpoint": self._place.endpoint_url,
            **pins,
        }
        revision = pins.get("version_id") or pins.get("etag") or mark
        return Plan(
            identity=f"{KIND}:{self._place.name}:{uri}@{mark}",
            shown=uri[:_SHOWN_LENGTH],
            files=files,
            pinned={name: value for name, value in pinned.items() if value},
            left_out=tuple(choice.left),
            facts={**told.facts, "source_uri": uri, "source_revision": revision},
            card=told.card,
            about_model=told.about_model,
            notices=(
                *choice.notices(),
                *notices_of_size(choice.taken),
                *_notices_of_archives(archived),
                *told.notices,
            ),
        )


def _planned(one: Candidate, stored: Stored | None) -> PlannedFile:
    if stored is None:
        return PlannedFile(one.path, one.key, one.size)
    return PlannedFile(
        one.path, one.key, stored.size, stored.sha256, stored.etag, stored.version_id
    )


def _mark(files: Sequence[PlannedFile]) -> str:
    """Return what is equal for equal objects, in whatever version the bucket keeps them."""
    lines = sorted(f"{file.path}\n{file.size}\n{file.mark}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:_SHOWN_DIGITS]


def _beside(bucket: Bucket, asked: Reference) -> Generator[Notice, None, None]:
    """Say of a folder that has the name of the object, which whoever asked may have meant."""
    try:
        page = page_of(bucket, f"{asked.key}/", MaxKeys=1)
    except Forbidden:  # Reading an object takes no right to list.
        return
    if page.get("Contents"):
        yield Notice(
            "s3_folder_beside",
            f"There is a folder of that name as well; {asked.uri}/ would import it.",
        )


def _is_archived(by_key: Mapping[str, Stored], one: Candidate) -> bool:
    stored = by_key.get(one.key)
    return stored is not None and stored.is_archived


def _notices_of_archives(paths: Sequence[str]) -> Generator[Notice, None, None]:
    if paths:
        yield Notice(
            "s3_archived",
            f"The bucket keeps {named(paths)} in an archive that gives nothing out. Have it "
            "restored there, or exclude it.",
            refuses=True,
        )
