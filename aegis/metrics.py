"""Counts and times of requests, in Prometheus's format (``/metrics``).

With several web processes, PROMETHEUS_MULTIPROC_DIR names a folder that they share and
that is empty when the first of them starts; else each would tell only of itself.
"""

import os
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

REQUESTS = Counter("aegis_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "aegis_request_seconds",
    "Seconds until the answer began.",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class CountRequests:
    """Count by route, never by path: a path holds names that not everybody may read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Time the answer and count it."""
        began = time.perf_counter()
        response = self.get_response(request)
        method = request.method if request.method in METHODS else "other"
        match = request.resolver_match
        route = match.route if match else "unmatched"
        SECONDS.labels(method, route).observe(time.perf_counter() - began)
        REQUESTS.labels(method, route, response.status_code).inc()
        return response


@require_safe
def show(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- Every view takes it.
    """Answer with the counts of all web processes."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # Untyped there.
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
