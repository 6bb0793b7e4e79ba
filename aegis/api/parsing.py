"""Bodies as they come in: strict JSON, and bytes that are left where they are."""

from typing import Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from aegis import strict_json
from aegis.problems import Refusal


class StrictJSON(BaseParser):
    """JSON of which there is one reading, up to the size that a body may have."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,  # noqa: ARG002 -- DRF's signature.
        parser_context: Any = None,  # noqa: ARG002 -- The same.
    ) -> Any:
        """Return the value, or refuse it with the place of what is wrong."""
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        data = stream.read(limit + 1)
        if len(data) > limit:
            raise Refusal(
                "body_too_large",
                f"The body of a request has at most {limit:,} bytes.",
                status=413,
            )
        return strict_json.loads(data) if data.strip() else {}


class Untouched(BaseParser):
    """Leaves the body as it comes, so that it is read once, to where it belongs."""

    media_type = "*/*"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,  # noqa: ARG002 -- DRF's signature.
        parser_context: Any = None,  # noqa: ARG002 -- The same.
    ) -> Any:
        """Return the stream."""
        return stream
