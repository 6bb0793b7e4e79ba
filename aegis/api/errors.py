"""Every error of the API as ``application/problem+json`` (RFC 9457) with a stable code."""

from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from aegis.problems import PROBLEM_TYPE, Invalid, Refusal, problem_document

CHALLENGE = 'Bearer realm="aegis"'
log = structlog.get_logger(__name__)

_SENTENCES = {
    exceptions.NotAuthenticated: ("not_authenticated", "Sign in, or send a bearer token."),
    exceptions.AuthenticationFailed: ("not_authenticated", "Sign in, or send a bearer token."),
    exceptions.PermissionDenied: ("forbidden", "You may not do this."),
    exceptions.NotFound: ("not_found", "There is nothing at this address."),
    Http404: ("not_found", "There is nothing at this address."),
    PermissionDenied: ("forbidden", "You may not do this."),
    exceptions.MethodNotAllowed: ("method_not_allowed", "This address does not take that method."),
    exceptions.UnsupportedMediaType: (
        "unsupported_media_type",
        "The body must be JSON: send Content-Type: application/json.",
    ),
    exceptions.NotAcceptable: ("not_acceptable", "The answer is JSON, which you do not accept."),
    exceptions.Throttled: ("too_many_requests", "Too many requests; wait a little."),
    RequestDataTooBig: ("body_too_large", "The body of the request is too large."),
    SuspiciousOperation: ("request_refused", "The request is not formed as it should be."),
}


def handle(exception: Exception, _context: dict[str, Any]) -> Response | None:
    """Turn ``exception`` into a problem; None lets Django answer 500 and log it."""
    if isinstance(exception, Refusal):
        return problem(exception)
    if isinstance(exception, exceptions.ParseError):
        return _response(400, "body_malformed", "The body is not of the form that it claims.")
    if isinstance(exception, exceptions.ValidationError):
        return _invalid(exception)
    if isinstance(exception, IntegrityError):
        # A verb checks first, so this is a race that the database decided.
        log.warning("api.refused_by_database", reason=str(exception).splitlines()[0])
        return _response(409, "changed_meanwhile", "It changed meanwhile. Look again and repeat.")
    if isinstance(exception, OperationalError):
        log.error("api.no_database", reason=str(exception))
        return _response(503, "database_unavailable", "The database does not answer.")
    return _known(exception)


def problem(refusal: Refusal) -> Response:
    """Return the answer that says what ``refusal`` says."""
    extra: dict[str, Any] = dict(refusal.details)
    if refusal.mend:
        extra["mend"] = refusal.mend
    if refusal.url:
        extra["url"] = refusal.url
    if isinstance(refusal, Invalid) and refusal.field:
        extra["field"] = refusal.field
    return _response(refusal.status, refusal.code, refusal.sentence, **extra)


def _known(exception: Exception) -> Response | None:
    for kind, (code, sentence) in _SENTENCES.items():
        if isinstance(exception, kind):
            status = getattr(exception, "status_code", None) or {
                Http404: 404,
                PermissionDenied: 403,
                RequestDataTooBig: 413,
            }.get(type(exception), 400)
            return _response(status, code, sentence)
    return None


def _invalid(exception: exceptions.ValidationError) -> Response:
    errors = exception.get_full_details()
    fields = _flat(errors)
    first = next(iter(fields.values()), ["The input is not valid."])[0]
    name = next(iter(fields), "")
    sentence = f"{name}: {first}" if name and name != api_settings.NON_FIELD_ERRORS_KEY else first
    return _response(400, "invalid_input", sentence, fields=fields)


def _flat(errors: Any, place: str = "") -> dict[str, list[str]]:
    if isinstance(errors, dict) and "message" in errors and "code" in errors:
        return {place: [str(errors["message"])]}
    found: dict[str, list[str]] = {}
    items = errors.items() if isinstance(errors, dict) else enumerate(errors)
    for key, value in items:
        deeper = place if isinstance(key, int) and _is_message(value) else f"{place}.{key}"
        for name, sentences in _flat(value, deeper.strip(".")).items():
            found.setdefault(name, []).extend(sentences)
    return found


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and "message" in value and "code" in value


def _response(status: int, code: str, sentence: str, **extra: Any) -> Response:
    body = problem_document(status, code, sentence, **extra)
    response = Response(body, status=status, content_type=PROBLEM_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = CHALLENGE
    return response
