"""What an S3 server's refusals mean to whoever has to mend them."""

from typing import Final, Protocol

from botocore.exceptions import ClientError

from aegis.problems import Conflict, NotFound, Refusal, Unavailable

NOT_FOUND: Final = 404
_SERVER_ERROR: Final = 500
_NO_ROOM: Final = 507
_POLICY: Final = "Compare its policy and the credentials with docs/how-to/s3.md."

_PASSING: Final = frozenset(
    {
        # The bytes were damaged on the way, or cut: the same request may well succeed.
        *("BadDigest", "IncompleteBody", "RequestTimeout", "XAmzContentSHA256Mismatch"),
        *("InternalError", "ServiceUnavailable", "SlowDown", "Throttling", "TooManyRequests"),
        "OperationAborted",
    }
)
_KINDS: Final = {
    "NoSuchBucket": "missing",
    **dict.fromkeys(["XMinioStorageFull", "QuotaExceeded", "EntityTooLarge"], "full"),
    **dict.fromkeys(
        ["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"],
        "credentials",
    ),
    **dict.fromkeys(
        ["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"],
        "region",
    ),
}
_BY_STATUS: Final = {
    301: "region",
    307: "region",
    400: "request",
    401: "permission",
    403: "permission",
    _NO_ROOM: "full",
}
_SAYINGS: Final = {
    "missing": (
        "storage_bucket_missing",
        "does not exist",
        "Create the bucket, or correct AEGIS_STORAGE_URL.",
    ),
    "full": ("storage_full", "has no room left", "Make room in it, or raise its quota."),
    "credentials": (
        "storage_credentials_refused",
        "does not accept the credentials of Aegis ({code})",
        _POLICY,
    ),
    "region": (
        "storage_wrong_region",
        "lies in another region than the one that Aegis asks{region}",
        "Set region in AEGIS_STORAGE_URL.",
    ),
    "permission": ("storage_not_permitted", "does not let Aegis {act}", _POLICY),
    "request": ("storage_refused", "refuses a request of Aegis ({code})", _POLICY),
}


def status_of(error: ClientError) -> int:
    """Return the HTTP status of an answer, 0 where there is none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def code_of(error: ClientError) -> str:
    """Return the server's own code of a refusal; of a head only the status is known."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_passing(error: ClientError) -> bool:
    """Say whether the same request may well be granted a moment later."""
    status = status_of(error)
    too_many = 429
    return code_of(error) in _PASSING or (
        (status >= _SERVER_ERROR and status != _NO_ROOM) or status == too_many
    )


def kind_of(error: ClientError) -> str | None:
    """Return what an operator has to mend, None for a plain no that is part of the talk."""
    return _KINDS.get(code_of(error)) or _BY_STATUS.get(status_of(error))


def message_of(error: ClientError) -> str:
    """Return the server's own sentence, which may be empty."""
    return str(error.response.get("Error", {}).get("Message", ""))


def region_of(error: ClientError) -> str:
    """Return the region that a server says a bucket lies in, empty where it does not."""
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return str(headers.get("x-amz-bucket-region", ""))


class Wording(Protocol):
    """In whose terms it is told that a bucket does not do what is asked of it."""

    def refusal(
        self, kind: str, bucket: str, *, operation: str = "", error: ClientError | None
    ) -> Refusal:
        """Return what names the bucket, what is wrong by ``kind_of``, and what would mend it."""

    def away(self, bucket: str, how: str) -> Unavailable:
        """Return what says of a bucket that it does not answer as it should."""

    def nothing_there(self, shown: str) -> Refusal:
        """Return what says that an object is not there."""

    def changed(self, shown: str) -> Refusal:
        """Return what says that an object is another one by now."""


class OfTheStore:
    """What is said of the bucket that packages are kept in: an operator has to mend it."""

    def refusal(
        self, kind: str, bucket: str, *, operation: str = "", error: ClientError | None
    ) -> Unavailable:
        """Return the refusal of a request of the artifact store."""
        code, saying, mend = _SAYINGS[kind]
        region = region_of(error) if error else ""
        words = saying.format(
            code=code_of(error) if error else "",
            region=f", {region}" if region else "",
            act=_act(operation),
        )
        return Unavailable(code, f"The bucket {bucket} {words}.", mend=mend)

    def away(self, bucket: str, how: str) -> Unavailable:
        """Return what has the job wait."""
        return Unavailable("storage_away", f"The bucket {bucket} {how}.")

    def nothing_there(self, shown: str) -> NotFound:
        """Return the refusal of an object that is not there."""
        return NotFound("object_missing", f"The artifact store has no object {shown}.")

    def changed(self, shown: str) -> Conflict:
        """Return the refusal of an object that somebody wrote over."""
        return Conflict("object_changed", f"{shown} was changed in the store while it was read.")


OF_THE_STORE: Final = OfTheStore()


def _act(operation: str) -> str:
    verb = operation.split("_", 1)[0]
    if verb in {"get", "head"}:
        return "read"
    return {"list": "list what it has", "delete": "remove objects"}.get(verb, "write")
