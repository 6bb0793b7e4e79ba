"""The page about the API, and the answer at addresses that it does not have."""

from typing import Any

from django.urls import Resolver404, resolve
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from aegis.problems import NotFound


class Docs(SpectacularSwaggerSplitView):
    """The description of the API, to be read and tried; its script is a file of its own."""


class Unknown(APIView):
    """Any address below /api/ that nothing else answers, with any method."""

    schema = None
    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request, *_: Any, **__: Any) -> Response:
        """Say that there is nothing, and what was probably meant."""
        raise NotFound(
            "not_found",
            "There is nothing at this address.",
            mend="Addresses end with a slash." if _is_meant(request.path_info) else None,
        )

    post = put = patch = delete = options = get


def _is_meant(path: str) -> bool:
    """Say whether the address would be known with a slash at its end."""
    if path.endswith("/"):
        return False
    try:
        return resolve(f"{path}/").func.__name__ != Unknown.__name__
    except Resolver404:
        return False
