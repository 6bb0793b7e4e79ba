"""What is answered where Django itself refuses or fails: a page, or a problem for programs."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from aegis.problems import PROBLEM_TYPE, problem_document

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django does not take, such as one for another host."""
    if request.path_info.startswith(API):
        return _problem(HTTPStatus.BAD_REQUEST, "bad_request", "The request is not well-formed.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a request at which Aegis failed; the log has the reason."""
    if request.path_info.startswith(API):
        sentence = "Aegis failed at this request. Its log says why."
        return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "server_error", sentence)
    return defaults.server_error(request)


def _problem(status: HTTPStatus, code: str, sentence: str) -> JsonResponse:
    body = problem_document(int(status), code, sentence)
    return JsonResponse(body, status=status, content_type=PROBLEM_TYPE)
