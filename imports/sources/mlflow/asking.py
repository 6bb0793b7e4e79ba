"""Asking a tracking server by MLflow's REST API, and what its answers mean.

MLflow's own client is not used: it takes addresses and credentials from variables of the whole
process, of which two imports from two servers would share one, it follows proxies of the
environment, and connects to whatever address a name leads to. ``aegis.egress`` does none of these.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self

from aegis.egress.bodies import Body
from aegis.egress.client import Answer, open_client
from aegis.egress.pauses import asked_pause
from aegis.problems import Conflict, Forbidden, NotFound, Refusal, Unavailable
from aegis.settings.tracking import VARIABLE, TrackingServer
from imports.sources.mlflow.credentials import sign_in_headers
from imports.sources.mlflow.texts import line

API: Final = "/api/2.0/mlflow"
ANSWER_BYTES: Final = 16 * 1024**2
ANSWER_SECONDS: Final = 30.0
FILE_SECONDS: Final = 300.0
"""A server whose artifacts lie in a bucket fetches the whole file before it sends a byte."""

_MISSING: Final = frozenset({"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"})


class Tracking:
    """A conversation with one tracking server, for one thread."""

    def __init__(self, server: TrackingServer, *, seconds: float = ANSWER_SECONDS) -> None:
        self.server = server
        self._client = open_client(server.uri, headers=sign_in_headers(server), seconds=seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(
        self, path: str, params: Mapping[str, str], *, missing: NotFound | None = None
    ) -> dict[str, Any]:
        """Return the object that is at ``path``, or raise ``missing`` where there is none."""
        answer = self._client.ask("GET", path, params=params, most=ANSWER_BYTES)
        return self._object(answer, missing)

    def change(
        self, method: str, path: str, content: Mapping[str, Any], *, missing: NotFound
    ) -> None:
        """Have the server change something, or raise ``missing`` where that is not there."""
        answer = self._client.ask(method, path, content=content, most=ANSWER_BYTES)
        self._object(answer, missing)

    @contextmanager
    def stream(self, path: str, *, offset: int) -> Generator[Body, None, None]:
        """Open what lies at ``path``, from ``offset`` if the server does that."""
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        with self._client.stream(path, headers=headers) as body:
            yield body

    def refusal(
        self,
        status: int,
        headers: Mapping[str, str],
        document: Any = None,
        missing: NotFound | None = None,
    ) -> Refusal:
        """Return what an answer that is none of the hoped for means."""
        code = document.get("error_code") if isinstance(document, dict) else None
        name = self.server.name
        if missing is not None and _says_missing(status, code):
            return missing
        if status == HTTPStatus.UNAUTHORIZED:
            return self._wants_login()
        if status == HTTPStatus.FORBIDDEN:
            return Forbidden(
                "mlflow_not_permitted",
                f"The MLflow server {name} does not let Aegis do this.",
                mend="Somebody who administers it gives the account of Aegis that right.",
            )
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return self._busy(headers)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unavailable("mlflow_failed", f"The MLflow server {name} failed with {status}.")
        is_of_mlflow = isinstance(code, str)
        return self._refused(document) if is_of_mlflow else self.unreadable(f"with {status}")

    def unreadable(self, how: str) -> Unavailable:
        """Return the refusal of an answer that is none of MLflow's."""
        return Unavailable(
            "mlflow_unreadable",
            f"The server {self.server.name} answered {how}, which is no answer of MLflow's.",
            mend=f"See in {VARIABLE} whether its uri leads to MLflow, and not to what stands "
            "before it.",
        )

    def _object(self, answer: Answer, missing: NotFound | None) -> dict[str, Any]:
        try:
            document = answer.json() if answer.body else {}
        except Unavailable:
            document = None
        if answer.status != HTTPStatus.OK:
            raise self.refusal(answer.status, answer.headers, document, missing)
        if not isinstance(document, dict):
            raise self.unreadable("with something else than a JSON object")
        return document

    def _refused(self, document: Mapping[str, Any]) -> Conflict:
        said = line(str(document.get("message", "")), limit=500)
        sentence = f"The MLflow server {self.server.name} refused what Aegis asked for"
        return Conflict("mlflow_refused", f"{sentence}{f': {said}' if said else ''}.")

    def _busy(self, headers: Mapping[str, str]) -> Unavailable:
        seconds = asked_pause(headers)
        return Unavailable(
            "mlflow_busy",
            f"The MLflow server {self.server.name} has too much to do and asks to wait for "
            f"{seconds:,} seconds.",
            details={"retry_after": seconds},
        )

    def _wants_login(self) -> Forbidden:
        if self.server.signs_in:
            return Forbidden(
                "mlflow_login_refused",
                f"The MLflow server {self.server.name} does not accept the credential of Aegis.",
                mend=f"The operator corrects it in {VARIABLE}.",
            )
        return Forbidden(
            "mlflow_login_wanted",
            f"The MLflow server {self.server.name} wants a login, and Aegis has none for it.",
            mend=f"The operator gives it a credential in {VARIABLE}.",
        )


def _says_missing(status: int, code: Any) -> bool:
    # An alias that is not there is told as a parameter that is not right.
    is_parameter = status == HTTPStatus.BAD_REQUEST and code == "INVALID_PARAMETER_VALUE"
    return is_parameter or (status == HTTPStatus.NOT_FOUND and code in _MISSING)
