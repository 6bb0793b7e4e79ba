"""What keeps small files from being stored or read, in the words of the store that has them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from aegis.problems import Unavailable
from registry.files import answering


@contextmanager
def answering_for(what: str) -> Iterator[None]:
    """Turn a folder or a bucket that does not do its work into ``Unavailable``; others pass."""
    in_bucket = settings.AEGIS_STORAGE.scheme == "s3"
    with _bucket() if in_bucket else answering(what):
        yield


@contextmanager
def _bucket() -> Iterator[None]:
    # Loading boto3 takes half a second, which who keeps files in a folder need not wait.
    from boto3.exceptions import Boto3Error  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        raise _refusal(error) or error from error
    except Boto3Error as error:
        # boto3's own upload hides what the server said behind an error of another family.
        said = error.__context__
        raise _refusal(said if isinstance(said, ClientError) else None) or error from error
    except BotoCoreError as error:
        raise _away(type(error).__name__) from error


def _refusal(error: Exception | None) -> Unavailable | None:
    from botocore.exceptions import ClientError  # noqa: PLC0415

    from registry.storage.s3_refusals import OF_THE_STORE, is_passing, kind_of  # noqa: PLC0415

    if not isinstance(error, ClientError):
        return _away("no answer")
    if kind := kind_of(error):
        return OF_THE_STORE.refusal(
            kind, _place(), operation=error.operation_name.lower(), error=error
        )
    return _away("an error of its own") if is_passing(error) else None


def _away(reason: str) -> Unavailable:
    return Unavailable("storage_away", f"The bucket {_place()} does not answer ({reason}).")


def _place() -> str:
    storage = settings.AEGIS_STORAGE
    endpoint = storage.options.get("endpoint_url")
    return f"{storage.bucket} at {endpoint}" if endpoint else str(storage.bucket)
