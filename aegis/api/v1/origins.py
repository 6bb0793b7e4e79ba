"""Where a client says that the files of its upload come from."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.accounts.teams import get_team
from aegis.api.v1.base import View, caller
from aegis.api.v1.serializers.base import StrictSerializer, Text, body
from aegis.api.v1.serializers.imports import FoundDocument
from imports.converting.known import check_possible
from imports.stating import KINDS, state_origin
from registry import uploads


class NewOrigin(StrictSerializer):
    """An origin, in the source's own answers as the client got them.

    ``model`` is what the files are to be a version of, ``team`` whose it is where it is not there.
    """

    source = serializers.ChoiceField(choices=tuple(KINDS))  # type: ignore[assignment]  # DRF has an attribute of that name.
    reference = serializers.DictField(help_text="What was asked for, in the words of the source.")
    answers = serializers.DictField(
        help_text="huggingface: endpoint, model (the hub's answer about the commit), texts. "
        "mlflow: tracking_uri, run, model, registered, path, files, texts. package: what an "
        "export says, with its manifest."
    )
    model = Text()
    team = Text(required=False)
    convert = Text(
        required=False,
        help_text="What the version is to be converted to once it is ready. It is refused now if "
        "nothing writes it, and asked for then.",
    )


class OriginDocument(serializers.Serializer[Any]):
    """What the statement was found to say.

    ``found.files`` are the files to send. ``about_model`` is what a model that is not there yet
    would begin with; ``known_version`` the number of the version that has these files already.
    """

    found = FoundDocument()
    about_model = serializers.DictField()
    known_version = serializers.IntegerField(allow_null=True)


class UploadOrigin(View):
    """The origin of an upload, by the word of whoever sends it."""

    @extend_schema(
        operation_id="upload_origin_state", request=NewOrigin, responses={200: OriginDocument}
    )
    def put(self, request: Request, key: UUID) -> Response:
        """State where the files come from; which of them are wanted is said in return.

        It takes the right to import from that source. Aegis does not ask there, so what becomes of
        it is marked as stated: the facts are yours, the metrics are claims, the card a draft.
        """
        upload = uploads.get_upload(key, actor=caller(request))
        fields = body(request, NewOrigin)
        team = fields.pop("team", None)
        if convert := fields.pop("convert", ""):
            check_possible(convert, field="convert")
        looked = state_origin(
            upload,
            actor=caller(request),
            model_name=fields.pop("model"),
            team=get_team(team) if team is not None else None,
            **fields,
        )
        document = {
            "found": FoundDocument(looked.plan).data,
            "about_model": dict(looked.plan.about_model),
            "known_version": looked.known.number if looked.known else None,
        }
        return Response(document)
