"""What a person gives to name an object or folder of a bucket, and its one normal form.

A key is taken as it is written: ``%2F`` in it is three characters, as for every tool of S3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from django.conf import settings

from aegis.problems import Invalid
from aegis.sensitive.secrets import refuse_secrets
from aegis.settings.import_buckets import VARIABLE, ImportBucket
from aegis.text import refused_character
from imports.sources.patterns import check_patterns

KIND: Final = "s3"
KEY_BYTES: Final = 1024

_SCHEME: Final = "s3://"
_KEYS: Final = frozenset({"bucket", "uri", "include", "exclude"})


@dataclass(frozen=True, slots=True)
class Reference:
    """An object of a configured bucket, or with ``is_folder`` what lies below ``key``.

    An address without a slash at its end may be either, which the bucket knows.
    """

    bucket: ImportBucket
    key: str
    is_folder: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Reference":
        """Return the reference that ``given`` writes, or raise ``Invalid`` with its field.

        It holds only what is configured now, so that a bucket that was taken away is asked no
        more.
        """
        unknown = sorted(str(key) for key in given.keys() - _KEYS)
        if unknown:
            raise _invalid(
                "reference",
                f"A reference to a bucket has no {unknown[0][:80]!a}.",
                mend="It has a uri, and a bucket, include and exclude patterns if wanted.",
            )
        name, key = _parts(given.get("uri"))
        bucket = _bucket(given.get("bucket") or None, name, key.rstrip("/"))
        return cls(
            bucket=bucket,
            key=key.rstrip("/"),
            # What is configured is a folder, and nothing beside it is looked at.
            is_folder=key.endswith("/") or key in {"", bucket.prefix},
            include=_patterns("include", given),
            exclude=_patterns("exclude", given),
        )

    @property
    def uri(self) -> str:
        """Return the address as it is shown: what is known to be a folder ends with a slash."""
        end = "/" if self.is_folder and self.key else ""
        return f"{_SCHEME}{self.bucket.bucket}/{self.key}{end}"

    @property
    def folder(self) -> str:
        """Return what the keys below it begin with."""
        return f"{self.key}/" if self.key else ""


def check_reference(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a reference to a bucket in its normal form, as JSON, or raise ``Invalid``."""
    found = Reference.read(given)
    return {
        "bucket": found.bucket.name,
        "uri": found.uri,
        "include": list(found.include),
        "exclude": list(found.exclude),
    }


def _parts(uri: Any) -> tuple[str, str]:
    """Return the bucket and the key of an address."""
    text = uri.strip() if isinstance(uri, str) else ""
    if not text.startswith(_SCHEME):
        raise _invalid(
            "uri",
            f"{text[:100]!a} is no address of a bucket."
            if text
            else "Which object or folder of a bucket is to be imported?",
            mend="Write s3://bucket/key, or s3://bucket/folder/.",
        )
    if refused_character(text):
        raise _invalid("uri", "The address holds a character that no text may hold.")
    refuse_secrets(text, field="uri")
    name, _, key = text.removeprefix(_SCHEME).partition("/")
    if len(key.encode()) > KEY_BYTES:
        raise _invalid("uri", f"A key has at most {KEY_BYTES:,} bytes.")
    for segment in key.removesuffix("/").split("/") if key else ():
        _refuse_odd(segment)
    return name, key


def _refuse_odd(segment: str) -> None:
    """Refuse what some server, or something before one, would take for a way to elsewhere."""
    if not segment:
        raise _invalid(
            "uri",
            "A folder in the address has no name.",
            mend="Aegis imports nothing below such a folder; copy it to another one.",
        )
    if unquote(unquote(segment)) in {".", ".."}:
        raise _invalid("uri", f"The address holds {segment!a}, which leads elsewhere.")


def _bucket(given: Any, name: str, key: str) -> ImportBucket:
    """Return the configured bucket that has the key: the one of that name, else the narrowest."""
    configured: dict[str, ImportBucket] = settings.AEGIS_IMPORT_BUCKETS
    if not configured:
        raise _invalid(
            "uri",
            "No bucket is configured to import from.",
            mend=f"The operator names one in {VARIABLE}.",
        )
    if given is not None and (not isinstance(given, str) or given not in configured):
        raise _invalid(
            "bucket",
            f"No bucket is called {str(given)[:64]!a} here.",
            mend=f"There are {', '.join(sorted(configured))}.",
        )
    among = configured.values() if given is None else [configured[given]]
    fitting = [one for one in among if one.bucket == name and one.covers(key)]
    narrowest = max((len(one.prefix) for one in fitting), default=0)
    found = [one for one in fitting if len(one.prefix) == narrowest]
    if not found:
        raise _invalid(
            "uri",
            f"{f'{_SCHEME}{name}/{key}'[:200]!a} is part of no bucket that is configured.",
            mend=f"There are {', '.join(sorted(one.address for one in among))}.",
        )
    if len(found) > 1:
        raise _invalid(
            "bucket",
            "Several servers have a bucket of that name, and nothing says which one is meant.",
            mend=f"Name one as bucket: {', '.join(sorted(one.name for one in found))}.",
        )
    return found[0]


def _patterns(name: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    return check_patterns(name, given.get(name), code="s3_patterns_invalid")


def _invalid(field: str, sentence: str, *, mend: str | None = None) -> Invalid:
    return Invalid("s3_reference_invalid", sentence, field=field, mend=mend)
