"""Where a version comes from, or would come from, in lines for people."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aegis.cli.output import files, size

SOURCES: Final = {
    "huggingface": "Hugging Face Hub",
    "mlflow": "MLflow",
    "s3": "a bucket",
    "package": "an export",
    "conversion": "another version",
}
_MARKS: Final = {"huggingface": "Git object", "s3": "ETag"}
_FILES_SHOWN: Final = 20
_VERDICTS: Final = {
    "agrees": "its tags name this version and its digest",
    "outdated": "its tags name this digest, and are not up to date",
    "other": "its tags name another digest",
    "silent": "its tags name no digest",
    "unread": "not read back yet",
}
_NEWS: Final = {
    "unasked": "not asked yet",
    "pinned": "pinned to a commit that was asked for",
    "elsewhere": "another hub than the one that is asked now",
}


def origin_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is recorded of an origin: what it was pinned to, and each file's digest there."""
    yield f"Origin     {found['shown']}, {SOURCES.get(found['source'], found['source'])}"
    if found["url"]:
        yield f"           {found['url']}"
    yield f"Identity   {found['identity']}"
    if found["is_stated"]:
        yield f"Stated     by {found['recorded_by']}, who brought the files; not checked there"
    for name, value in found["pinned"].items():
        yield f"Pinned     {name} {value}"
    yield f"Copy       {copy_of(found)}"
    if found.get("hub"):
        yield f"Hub        {news_words(found['hub'])}"
    if "reading" in found:
        yield from _reading_lines(found["reading"])
    yield f"Recorded   {found['recorded_at']} by {found['recorded_by']}"
    yield from file_lines(found, found["source"])


def _reading_lines(reading: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield what the run says of the version, and each tag that is not as it should be."""
    if reading is None:
        yield "Run        not read back yet"
        return
    read_at = f", read {reading['read_at']}" if reading["read_at"] else ""
    yield f"Run        {_VERDICTS[reading['verdict']]}{read_at}"
    for tag in reading["tags"]:
        if tag["found"] != tag["expected"]:
            found = "is not there" if tag["found"] is None else f"says {tag['found']}"
            yield f"  {tag['name']} {found}; it should say {tag['expected']}"
    if reading["state"] == "failed":
        yield f"Note       Not read since {reading['failing_since']}: {reading['error']}"
    if reading["state"] == "waiting":
        yield "Note       The registry has not read it yet; ask again in a while."


def news_words(hub: Mapping[str, Any]) -> str:
    """Say whether the hub has a newer commit."""
    if hub["state"] == "newer":
        here = f", here as version {hub['version']}" if hub["version"] else ""
        return f"newer: {hub['commit'][:12]} since {hub['seen_at']}{here}"
    if hub["state"] in {"failing", "refused"}:
        what = "no answer" if hub["state"] == "failing" else "refused"
        return f"{what} since {hub['failing_since']}: {hub['error']}"
    if hub["state"] == "newest":
        return f"newest of {hub['revision']}, asked {hub['asked_at']}"
    return _NEWS[hub["state"]]


def copy_of(found: Mapping[str, Any]) -> str:
    """Say whether all files of an origin come along."""
    taken = files(len(found["files"]))
    if found["is_complete"]:
        left = len(found["left_out"])
        return f"complete, {taken}" + (f"; {files(left)} of Git's own left out" if left else "")
    return f"partial, {taken}; {files(len(found['left_out']))} left out"


def file_lines(found: Mapping[str, Any], source: str) -> Iterator[str]:
    """Yield the files with what the origin says of them, then those that stay behind, and notes."""
    yield from _limited([f"  {_file(one, _MARKS.get(source))}" for one in found["files"]])
    yield from _limited([f"- {_file(one)}: {one['rule']}" for one in found["left_out"]])
    for name, reason in found["left_out_metrics"].items():
        yield f"Note       The metric {name} is left out: {reason}"
    for notice in found["notices"]:
        yield f"{'Refused   ' if notice['refuses'] else 'Note      '} {notice['sentence']}"


def _file(one: Mapping[str, Any], mark: str | None = None) -> str:
    known = [] if one["size"] is None else [size(one["size"])]
    known += [f"sha256 {one['sha256']}"] if one["sha256"] else []
    known += [f"{mark} {one['mark']}"] if mark and one.get("mark") else []
    known += [f"version {one['version']}"] if one.get("version") else []
    return " ".join([one["path"], *([f"({', '.join(known)})"] if known else [])])


def _limited(lines: list[str]) -> Iterator[str]:
    yield from lines[:_FILES_SHOWN]
    if len(lines) > _FILES_SHOWN:
        yield f"  and {len(lines) - _FILES_SHOWN} more"
