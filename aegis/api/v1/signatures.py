"""The signatures of a version, and signing it once more."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.v1.base import View, caller, parameters
from aegis.api.v1.serializers.base import body
from aegis.api.v1.serializers.keys import SignAgain, SignaturesDocument, SigningJobDocument
from registry.models import SigningJob
from registry.resigning import sign_again
from registry.signatures import signatures_of


class Signatures(View):
    """The signatures of a version: the newest counts, and the older ones stay."""

    @extend_schema(operation_id="signatures_list", responses={200: SignaturesDocument})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """List them with their public keys, and the last job that was to sign once more."""
        parameters(request)
        version = self.version(request, name, ref)
        jobs = SigningJob.objects.filter(version=version).select_related("key", "requested_by")
        found = {"results": signatures_of(version), "job": jobs.first()}
        return Response(SignaturesDocument(found).data)

    @extend_schema(
        operation_id="signature_renew", request=SignAgain, responses={202: SigningJobDocument}
    )
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Have a worker sign the version once more. Approvals given so far count no longer."""
        version = self.version(request, name, ref)
        said = body(request, SignAgain)
        job = sign_again(version, actor=caller(request), key=said.get("sign_key"))
        return Response(SigningJobDocument(job).data, status=202)
