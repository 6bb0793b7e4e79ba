"""Calling the API as programs and browsers do, with every answer held against the description."""

import json
import re
from functools import cache
from typing import Any

from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from tests.cast import PASSWORD

ROOT = "/api/v1/"


class Answer:
    """What came back: its status, headers and JSON, or its bytes."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.bytes: bytes = (
            b"".join(response.streaming_content) if response.streaming else response.content
        )

    @property
    def json(self) -> Any:
        return json.loads(self.bytes)

    @property
    def code(self) -> str:
        """The code of a problem, which must be one."""
        assert self.headers["Content-Type"] == "application/problem+json", self.bytes
        return str(self.json["code"])

    def made(self, status: int = 201) -> Any:
        """Return the JSON of an answer that must have this status."""
        assert self.status == status, self.bytes
        return self.json

    def refused(self, status: int) -> str:
        """Return the code of a refusal that must have this status."""
        assert self.status == status, self.bytes
        return self.code


class Api:
    """A caller: with a token, with a session, or nobody."""

    def __init__(self, *, token: str | None = None, client: Client | None = None) -> None:
        self.client = client or Client()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    @classmethod
    def signed_in(cls, username: str, password: str = PASSWORD) -> "Api":
        """Sign in by the form, as a browser does."""
        client = Client()
        client.post("/account/login/", {"login": username, "password": password})
        assert "_auth_user_id" in client.session
        return cls(client=client)

    def age(self, minutes: int = 16) -> None:
        """Let the sign-in have been some time ago."""
        session = self.client.session
        for record in session["account_authentication_methods"]:
            record["at"] -= minutes * 60
        session.save()

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("POST", path, _json(body), headers=headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("PUT", path, _json(body), headers=headers)

    def patch(self, path: str, body: Any) -> Answer:
        return self.send("PATCH", path, _json(body))

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path)

    def form(self, path: str, fields: dict[str, Any], **headers: str) -> Answer:
        """Send multipart/form-data."""
        given = {**self.headers, **_named(headers)}
        return _checked("POST", path, self.client.post(_address(path), fields, headers=given))

    def send(
        self,
        method: str,
        path: str,
        data: bytes = b"",
        *,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        response = self.client.generic(
            method,
            _address(path),
            data,
            content_type,
            headers={**self.headers, **_named(headers or {})},
        )
        return _checked(method, path, response)

    def part(self, path: str, data: bytes, **headers: str) -> Answer:
        """Send bytes of a file."""
        return self.send(
            "PUT", path, data, content_type="application/octet-stream", headers=headers
        )


def answer_of(answer: Answer) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return answer.status, answer.code


def _address(path: str) -> str:
    return path if path.startswith("/") else ROOT + path


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _json(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI description."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


def operations() -> list[tuple[str, str]]:
    """Return method and path of every operation that is described."""
    return [
        (method.upper(), path)
        for path, methods in description()["paths"].items()
        for method in methods
        if method in {"get", "post", "put", "patch", "delete"}
    ]


def _checked(method: str, path: str, response: Any) -> Answer:
    answer = Answer(response)
    address = _address(path).partition("?")[0]
    described = _described(method, address)
    if described is None or answer.status in {304, 416}:
        return answer
    known = described["responses"]
    assert str(answer.status) in known, (method, path, answer.status, answer.bytes)
    content = known[str(answer.status)].get("content", {})
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if answer.bytes and "json" in kind and kind in content:
        _validate(content[kind]["schema"], answer.json)
    elif answer.bytes:
        assert kind in content or "*/*" in content, (method, path, kind, content)
    return answer


def _described(method: str, address: str) -> dict[str, Any] | None:
    matching = [
        path
        for path in description()["paths"]
        if re.fullmatch(
            re.sub(r"\{path\}", ".+", re.sub(r"\{(?!path)\w+\}", "[^/]+", path)), address
        )
    ]
    literal = sorted(matching, key=lambda path: path.count("{"))
    found: dict[str, Any] | None = None
    for path in literal[:1]:
        found = description()["paths"][path].get(method.lower())
    return found


def _validate(schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": description()["components"]}
    errors = list(Draft202012Validator(whole).iter_errors(value))
    assert not errors, [f"{error.json_path}: {error.message}" for error in errors]
