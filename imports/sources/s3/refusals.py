"""What a bucket's refusals mean to whoever imports from it, and who can mend them."""

from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from aegis.problems import Conflict, Forbidden, NotFound, Refusal, Unavailable
from aegis.settings.import_buckets import VARIABLE, ImportBucket
from registry.storage.s3_refusals import code_of, message_of, region_of

_RIGHTS: Final = (
    "Whoever owns the bucket gives the account of Aegis s3:GetObject, s3:ListBucket, and "
    "s3:GetObjectVersion where versions are kept."
)


@dataclass(frozen=True, slots=True)
class OfImports:
    """What is said of a bucket that models are imported from.

    What is away is waited for; what somebody has to change, or that is not there, ends the import.
    """

    place: ImportBucket

    def refusal(
        self,
        kind: str,
        bucket: str,
        *,
        operation: str = "",  # noqa: ARG002 -- Everything that is asked is to read.
        error: ClientError | None,
    ) -> Refusal:
        """Return the refusal of a request to read."""
        code = code_of(error) if error else ""
        if kind == "missing":
            return NotFound(
                "s3_bucket_missing",
                f"The bucket {bucket} does not exist.",
                mend=f"The operator corrects its url in {VARIABLE}.",
            )
        if code == "ExpiredToken":
            return Unavailable(
                "s3_credential_expired",
                f"The credential of Aegis for the bucket {bucket} has expired.",
                mend=f"The operator renews the credential of {self.place.name}; the import goes "
                "on by itself.",
            )
        if kind == "credentials":
            return Forbidden(
                "s3_credentials_refused",
                f"The bucket {bucket} does not accept the credential of Aegis ({code}).",
                mend=f"The operator renews the credential of {self.place.name} in {VARIABLE}.",
            )
        if kind == "region":
            where = region_of(error) if error else ""
            return Conflict(
                "s3_wrong_region",
                f"The bucket {bucket} lies in another region than {self.place.region}"
                f"{f': {where}' if where else ''}.",
                mend=f"The operator sets the region of {self.place.name} in {VARIABLE}.",
            )
        return self._not_given_out(bucket, code, message_of(error) if error else "", kind)

    def away(self, bucket: str, how: str) -> Unavailable:
        """Return what has the import wait."""
        return Unavailable("s3_away", f"The bucket {bucket} {how}.")

    def nothing_there(self, shown: str) -> Conflict:
        """Return the refusal of an object that was there when it was looked up."""
        return _changed(f"{shown} is not there any more")

    def changed(self, shown: str) -> Conflict:
        """Return the refusal of an object that is another one than was looked up."""
        return _changed(f"{shown} is another object by now")

    def _not_given_out(self, bucket: str, code: str, message: str, kind: str) -> Refusal:
        if code == "InvalidObjectState":
            return archived("an object")
        if "kms" in f"{code} {message}".lower():
            return Forbidden(
                "s3_kms_denied",
                f"The bucket {bucket} encrypts with a key of KMS that Aegis may not use.",
                mend="Whoever owns the key gives the account of Aegis kms:Decrypt.",
            )
        if "server side encryption" in message.lower():
            return Forbidden(
                "s3_customer_key",
                f"The bucket {bucket} keeps it encrypted with a key of the customer's own (SSE-C), "
                "which Aegis does not have.",
                mend="Copy the object without that key.",
            )
        if kind == "permission":
            has_one = bool(self.place.credential)
            return Forbidden(
                "s3_access_denied",
                f"The bucket {bucket} does not let Aegis read this, or has no such object."
                if has_one
                else f"The bucket {bucket} wants a credential, and Aegis has none for it.",
                mend=_RIGHTS
                if has_one
                else f"The operator gives {self.place.name} a credential in {VARIABLE}.",
            )
        return Conflict("s3_refused", f"The bucket {bucket} refuses to read this ({code or kind}).")


def archived(what: str) -> Conflict:
    """Return the refusal of what lies in an archive, which gives out nothing."""
    return Conflict(
        "s3_archived",
        f"The bucket keeps {what} in an archive that has to be restored before it can be read.",
        mend="Have it restored (aws s3api restore-object), then try again.",
    )


def _changed(what: str) -> Conflict:
    return Conflict(
        "source_changed",
        f"{what}: it was changed after it was looked up.",
        mend="Import it again.",
    )
