"""What Aegis publishes to everybody, without signing in, for verifiers."""

from typing import Any, Final

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from aegis.api.downloads import json_text
from aegis.api.v1.base import View, parameters
from aegis.api.v1.serializers.keys import PublishedKeys
from registry.published_keys import keys_text
from registry.readers import BUNDLE_MEDIA_TYPE
from registry.revocations import latest_list

FRESH: Final = "public, max-age=60"


class Published(View):
    """Something that is public: whoever asks is nobody, whatever they show."""

    authentication_classes: tuple[type[BaseAuthentication], ...] = ()
    permission_classes: Any = (AllowAny,)


class Keys(Published):
    """Which public keys signatures verify with."""

    @extend_schema(operation_id="keys_published", responses={200: PublishedKeys})
    def get(self, request: Request) -> HttpResponse:
        """Return every version of every signing key, compromised ones too, as they are now."""
        parameters(request)
        response = json_text(request, keys_text())
        response["Cache-Control"] = FRESH
        return response


class Revocations(Published):
    """Which artifacts were recalled."""

    @extend_schema(
        operation_id="revocations", responses={(200, BUNDLE_MEDIA_TYPE): OpenApiTypes.OBJECT}
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the signed list, by manifest digests: a Sigstore bundle around its statement."""
        parameters(request)
        response = json_text(request, latest_list().bundle, media_type=BUNDLE_MEDIA_TYPE)
        response["Cache-Control"] = FRESH
        return response
