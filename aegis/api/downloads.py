"""Bytes as HTTP gives them: whole or in part (RFC 9110 §14), with a validator, as attachments."""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils.http import content_disposition_header
from rest_framework.request import Request

from registry.readers import Download, Part

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

Opener = Callable[[Part | None], Download]
Note = Callable[[Part | None], object]


def download(
    request: Request, open_part: Opener, *, ranges: bool = False, note: Note | None = None
) -> HttpResponseBase:
    """Answer with the bytes that ``open_part`` opens, or the part of them that was asked for.

    The ETag is the SHA-256 of the whole. Several ranges, and a range that If-Range says is of
    other bytes, are answered with the whole. ``note`` is told what leaves, before it does, and
    hears of no answer without bytes. Where the store gives the whole out by itself, the answer
    leads there.
    """
    whole = open_part(None)
    tag = f'"{whole.sha256}"'
    if tag in _tags(request.headers.get("If-None-Match", "")):
        return _headed(HttpResponseNotModified(), whole, ranges=ranges)
    asked = request.headers.get("Range", "") if ranges else ""
    if asked and request.headers.get("If-Range", tag) == tag:
        match = _RANGE.fullmatch(asked.strip())
        if match and any(match.groups()):
            return _part(request, match, whole, open_part, note)
    _tell(note, request, None)
    # An address is good for GET alone, and its ETag is the store's: a part comes from here.
    if request.method == "GET" and not asked and (address := whole.link()):
        return _elsewhere(address)
    response = StreamingHttpResponse(whole.body, content_type=whole.media_type)
    response["Content-Length"] = str(whole.size)
    return _headed(response, whole, ranges=ranges)


def json_text(
    request: HttpRequest | Request, text: str, *, media_type: str = "application/json"
) -> HttpResponse:
    """Answer with JSON that is written already, unless the client has it by its ETag."""
    tag = f'"{sha256(text.encode()).hexdigest()}"'
    known = tag in _tags(request.headers.get("If-None-Match", ""))
    response = HttpResponseNotModified() if known else HttpResponse(text, content_type=media_type)
    response["ETag"] = tag
    return response


def _part(
    request: Request,
    match: re.Match[str],
    whole: Download,
    open_part: Opener,
    note: Note | None,
) -> HttpResponseBase:
    part = _wanted(match, whole.size)
    if part is None:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{whole.size}"
        return response
    found = open_part(part)
    _tell(note, request, part)
    answer = StreamingHttpResponse(found.body, content_type=found.media_type, status=206)
    answer["Content-Length"] = str(part.length)
    last = part.offset + part.length - 1
    answer["Content-Range"] = f"bytes {part.offset}-{last}/{whole.size}"
    return _headed(answer, whole, ranges=True)


def _elsewhere(address: str) -> HttpResponseBase:
    response = HttpResponseRedirect(address)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _tell(note: Note | None, request: Request, part: Part | None) -> None:
    if note is not None and request.method != "HEAD":
        note(part)


def _wanted(match: re.Match[str], size: int) -> Part | None:
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        return Part(size - length, length) if length else None
    offset = int(first)
    end = min(int(last), size - 1) if last else size - 1
    return Part(offset, end - offset + 1) if offset <= end else None


def _headed(response: HttpResponseBase, whole: Download, *, ranges: bool) -> HttpResponseBase:
    response["ETag"] = f'"{whole.sha256}"'
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    if ranges:
        response["Accept-Ranges"] = "bytes"
    disposition = content_disposition_header(as_attachment=True, filename=whole.name)
    if disposition:
        response["Content-Disposition"] = disposition
    return response


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
