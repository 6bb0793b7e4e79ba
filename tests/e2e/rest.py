"""People and programs at the REST API, over HTTP as any other client."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.e2e.material import Material
from tests.harness.stack import RunningStack

API = "/api/v1/"
SECONDS = 60.0


class Client:
    """Somebody who asks the API, by a token or with a session, and says which answer is due."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def get(self, path: str, **parameters: str) -> Any:
        """Return what stands at ``path``."""
        return self.ask("GET", path, 200, params=parameters)

    def post(self, path: str, due: int = 201, **fields: Any) -> Any:
        """Send ``fields``."""
        return self.ask("POST", path, due, json=fields)

    def ask(self, method: str, path: str, due: int, **options: Any) -> Any:
        """Return the answer, which has the status that is due. Raises AssertionError else."""
        answer = self.http.request(method, API + path, **options)
        assert answer.status_code == due, f"{path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json() if answer.content else None

    def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """Ask until what stands at ``path`` is as wanted, as a program that waits does."""
        deadline = time.monotonic() + SECONDS
        while not holds(found := self.get(path)):
            assert time.monotonic() < deadline, f"{path} stayed {found}"
            time.sleep(0.2)
        return found


@contextmanager
def session(stack: RunningStack, username: str) -> Iterator[Client]:
    """Sign somebody in by the form, as a browser does without its script."""
    with httpx.Client(base_url=stack.url, timeout=30) as http:
        http.get("/account/login/").raise_for_status()
        send_form(http, "/account/login/", login=username, password=stack.passwords[username])
        http.headers["X-CSRFToken"] = http.cookies["aegis_csrf"]
        yield Client(http)


@contextmanager
def by_token(stack: RunningStack, username: str) -> Iterator[Client]:
    """Make a token for somebody and speak with nothing else."""
    with session(stack, username) as person:
        made = person.post("tokens/", name="their script", scopes=["read", "write"], days=1)
    headers = {"Authorization": f"Bearer {made['token']}"}
    with httpx.Client(base_url=stack.url, timeout=30, headers=headers) as http:
        yield Client(http)


def send_form(http: httpx.Client, path: str, **fields: str) -> None:
    """Send a page's form, whose answer is another page."""
    token = {"csrfmiddlewaretoken": http.cookies["aegis_csrf"]}
    answer = http.post(path, data=fields | token)
    assert answer.status_code == 302, f"{path}: {answer.status_code} {answer.text[:2000]}"


def send_files(client: Client, made: Material) -> str:
    """Upload the files of a release, the largest in two parts with a look in between."""
    upload: str = client.post("uploads/")["id"]
    largest = max(made.trained.files, key=lambda path: len(made.trained.files[path]))
    for path, data in made.trained.files.items():
        arrived = 0
        if path == largest:
            _send_part(client, upload, path, data, 0, len(data) // 2)
            files = client.get(f"uploads/{upload}/")["files"]
            arrived = next(one["received"] for one in files if one["path"] == path)
            assert arrived == len(data) // 2
        assert _send_part(client, upload, path, data, arrived, len(data))["complete"]
    return upload


def _send_part(client: Client, upload: str, path: str, data: bytes, start: int, end: int) -> Any:
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Range": f"bytes {start}-{end - 1}/{len(data)}",
        "Upload-Offset": str(start),
    }
    address = f"uploads/{upload}/files/{path}"
    return client.ask("PUT", address, 200, content=data[start:end], headers=headers)


def document(client: Client, version: str, made: Material) -> None:
    """Publish the card, attach the report and the audit, claim the tags."""
    card = {"sections": made.card, "based_on": 0}
    assert client.ask("PUT", f"{version}card/", 200, json=card)["missing"] == []
    for kind, file, tag in (
        ("evaluation_report", made.report, "evaluated"),
        ("bias_audit", made.audit, "bias_checked"),
    ):
        piece = client.ask(
            "POST",
            f"{version}evidence/",
            201,
            data={"kind": kind, "title": kind.replace("_", " ")},
            files={"file": (file.name, file.read_bytes(), "application/json")},
        )
        assert piece["outcome"] == "pass"
        client.post(f"{version}compliance-tags/", name=tag, evidence=piece["id"])


def add_version(client: Client, name: str, made: Material, *, label: str) -> str:
    """Add a version that is documented and proved, and return its address below the API's."""
    upload = send_files(client, made)
    facts = made.trained.facts
    fields = {"upload": upload, "label": label, "facts": facts}
    pending = client.post(f"models/{name}/versions/", 202, **fields)
    version = f"models/{name}/versions/{pending['number']}/"
    found = client.until(version, lambda one: one["state"] != "pending")
    assert found["state"] == "ready", found
    document(client, version, made)
    return version


def approve(client: Client, number: int, *, due: int = 201, **other: Any) -> Any:
    """Approve what a request is about now."""
    fields = {
        "verdict": "approve",
        "comment": "Read it.",
        "subject_digest": client.get(f"promotions/{number}/")["subject"]["digest"],
        "acknowledged_warnings": True,
    }
    return client.post(f"promotions/{number}/decisions/", due, **(fields | other))
