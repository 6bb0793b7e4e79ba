"""Asking a bucket: bounded attempts, and a sentence for whatever keeps it from answering."""

import random
import time
from dataclasses import dataclass
from typing import Any, Final

import structlog
from botocore.client import BaseClient
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 -- botocore's, of another family than Python's.
    HTTPClientError,
)
from botocore.parsers import ResponseParserError

from aegis.problems import Refusal, Unavailable
from registry.storage.s3_refusals import (
    NOT_FOUND,
    OF_THE_STORE,
    Wording,
    code_of,
    is_passing,
    kind_of,
    status_of,
)

log = structlog.get_logger(__name__)

PAUSES: Final = (0.2, 0.6, 1.8)
"""Seconds between the attempts at one request; what does not answer then waits for the job."""


class Answer(Exception):  # noqa: N818 -- The server did answer; what it says is the caller's matter.
    """A refusal that is part of the talk, such as nothing there or a condition not met."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of an S3 server, how patiently it is asked, and in what words it fails.

    ``client`` is boto3's; one that sends through ``aegis.egress`` raises its refusals as well.
    """

    client: BaseClient
    name: str
    endpoint: str = ""
    pauses: tuple[float, ...] = PAUSES
    wording: Wording = OF_THE_STORE

    def ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Ask for one of boto3's operations; what may pass by itself is tried again.

        Raises ``Answer`` for a plain no, and for what has to be mended the refusal of ``wording``.
        """
        for pause in self.pauses:
            try:
                return self._once(operation, parameters)
            except _PassingError as error:
                log.info("storage.again", operation=operation, reason=error.reason)
                time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 -- It guards nothing.
        try:
            return self._once(operation, parameters)
        except _PassingError as error:
            raise self._silent(error.reason) from error

    def missing(self) -> Refusal:
        """Return the refusal of a bucket that does not exist."""
        return self.wording.refusal("missing", str(self), error=None)

    def away(self, how: str) -> Unavailable:
        """Return the refusal of a bucket that does not answer as it should."""
        return self.wording.away(str(self), how)

    def _once(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self.client, operation)(Bucket=self.name, **parameters)
        except ClientError as error:
            raise self._refused(operation, error) from error
        except (ConnectionError, HTTPClientError, ResponseParserError, OSError) as error:
            raise _PassingError(type(error).__name__) from error
        except Unavailable as error:
            raise _PassingError(error.in_full) from error
        except BotoCoreError as error:
            raise self._silent(type(error).__name__) from error
        return answer

    def _refused(self, operation: str, error: ClientError) -> Exception:
        if is_passing(error):
            return _PassingError(f"{status_of(error)} {code_of(error)}")
        kind = kind_of(error)
        if kind is None:
            return Answer(status_of(error), code_of(error))
        if kind == "permission" and operation != "head_bucket" and not self._exists():
            kind = "missing"
        return self.wording.refusal(kind, str(self), operation=operation, error=error)

    def _exists(self) -> bool:
        """Ask once more: some servers answer 403 where there is no such bucket."""
        try:
            self.client.head_bucket(Bucket=self.name)  # type: ignore[attr-defined]
        except ClientError as error:
            return status_of(error) != NOT_FOUND
        except (BotoCoreError, Refusal):
            return True
        return True

    def _silent(self, reason: str) -> Unavailable:
        return self.away(f"does not answer ({reason.rstrip('.')})")

    def __str__(self) -> str:
        return f"{self.name} at {self.endpoint}" if self.endpoint else self.name


class _PassingError(Exception):
    """Something that may be over at the next attempt."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
