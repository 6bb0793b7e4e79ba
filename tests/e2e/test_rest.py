"""The main job by REST: tokens for everything but the decisions, which take a person."""

import hashlib
import secrets
from contextlib import ExitStack
from pathlib import Path

from tests.e2e import behind, material, rest
from tests.e2e.rest import Client
from tests.harness.stack import RunningStack

NAME = f"needle-rest-{secrets.token_hex(3)}"
OTHER_DIGEST = hashlib.sha256(b"something else").hexdigest()


def register(script: Client, mina: Client) -> None:
    """Register a model by a token, and let the risk team review it."""
    assert script.get("me/")["token"]["scopes"] == ["read", "write"]
    script.post("models/", name=NAME, team="growth", tags={"domain": "pathology"})
    rest.send_form(mina.http, f"/models/{NAME}/access/", who="risk-team", role="reviewer")


def record_numbers(script: Client, version: str) -> None:
    """State a metric and a fact; the report's numbers stand beside them with their source."""
    script.post(f"{version}metrics/", name="rmse", value=0.21)
    sources = {one["name"]: one["source"] for one in script.get(f"{version}metrics/")["results"]}
    assert sources["rmse"] == "stated"
    assert sources["accuracy"] == "report"
    script.post(f"{version}facts/", name="base_model", value="none")
    assert "base_model" in {one["name"] for one in script.get(f"{version}facts/")["results"]}


def come_to_staging(script: Client, version: str) -> None:
    """Ask for Staging, where gates alone decide."""
    gates = script.get(f"{version}gates/", stage="Staging")
    assert gates["is_governed"]
    assert {one["outcome"] for one in gates["results"]} <= {"pass", "warn"}
    asked = script.post(f"{version}promotions/", target="Staging", reason="To be run beside.")
    script.until(f"promotions/{asked['number']}/", lambda one: one["state"] == "promoted")
    assert script.get(f"models/{NAME}/versions/staging/")["number"] == 1


def only_people_decide(stack: RunningStack, number: int, dana: Client, mina: Client) -> None:
    """A token, a forged form, whoever asked, and a look at something else are refused."""
    path = f"promotions/{number}/decisions/"
    with rest.by_token(stack, "dana") as program:
        assert rest.approve(program, number, due=403)["code"] == "human_session_required"
    without = {"X-CSRFToken": ""}
    assert dana.ask("POST", path, 403, json={}, headers=without)["code"] == "csrf_failed"
    assert rest.approve(mina, number, due=403)["code"] == "own_request"
    stale = rest.approve(dana, number, due=409, subject_digest=OTHER_DIGEST)
    assert stale["code"] == "subject_changed"
    assert dana.get(f"promotions/{number}/")["decisions"] == []


def decide(stack: RunningStack, number: int, dana: Client, mina: Client) -> None:
    """Two people say yes, each once, and the version moves."""
    only_people_decide(stack, number, dana, mina)
    rest.approve(dana, number)
    assert rest.approve(dana, number, due=409)["code"] == "already_decided"
    with rest.session(stack, "tomasz") as tomasz:
        rest.approve(tomasz, number)
    done = mina.until(f"promotions/{number}/", lambda one: one["state"] == "promoted")
    assert [one["decided_by"] for one in done["decisions"]] == ["dana", "tomasz"]


def download(script: Client, made: material.Material) -> None:
    """What is in Production comes back byte for byte, signed."""
    found = script.get(f"models/{NAME}/versions/production/")
    assert (found["number"], found["stage"]) == (1, "Production")
    address = f"{rest.API}models/{NAME}/versions/production/"
    package = script.http.get(f"{address}artifact/").read()
    assert hashlib.sha256(package).hexdigest() == found["artifact"]["sha256"]
    path, data = "weights/model.safetensors", made.trained.files["weights/model.safetensors"]
    part = script.http.get(f"{address}files/{path}", headers={"Range": "bytes=8-19"})
    assert (part.status_code, part.content) == (206, data[8:20])
    assert script.http.get(f"{address}signature/").json()["dsseEnvelope"]


def replace_and_go_back(stack: RunningStack, script: Client, place: Path) -> None:
    """A second version takes the place of the first, and the first comes back."""
    made = material.prepare(place / "second", NAME, strength=0.3)
    version = rest.add_version(script, NAME, made, label="1.1.0")
    asked = script.post(f"{version}promotions/", target="Production", reason="Reads better.")
    for reviewer in ("dana", "tomasz"):
        with rest.session(stack, reviewer) as person:
            rest.approve(person, asked["number"])
    script.until(f"promotions/{asked['number']}/", lambda one: one["state"] == "promoted")
    assert script.get(f"models/{NAME}/versions/1/")["stage"] == "Archived"
    moved = script.post(f"models/{NAME}/rollback/", to_version="1.0.0", reason="It was worse.")
    assert (moved["version"], moved["kind"], moved["target"]) == (1, "rollback", "Production")
    assert script.get(f"models/{NAME}/versions/production/")["number"] == 1
    assert script.get(f"models/{NAME}/versions/2/")["stage"] == "Archived"


def is_recorded(stack: RunningStack, script: Client) -> None:
    """The audit log names the steps, and holds."""
    entries = script.get("audit/events/", model=NAME, page_size="100")["results"]
    assert {"version:promoted", "version:rolled_back", "decision:made"} <= {
        entry["action"] for entry in entries
    }
    result = behind.manage(stack, "audit_verify")
    assert result.returncode == 0, result.stdout + result.stderr


def test_from_files_to_production_and_back_by_rest(stack: RunningStack, tmp_path: Path) -> None:
    made = material.prepare(tmp_path / "first", NAME)
    with ExitStack() as there:
        mina, dana = (there.enter_context(rest.session(stack, who)) for who in ("mina", "dana"))
        script = there.enter_context(rest.by_token(stack, "mina"))
        register(script, mina)
        version = rest.add_version(script, NAME, made, label="1.0.0")
        record_numbers(script, version)
        come_to_staging(script, version)
        asked = script.post(f"{version}promotions/", target="Production", reason="It is better.")
        decide(stack, asked["number"], dana, mina)
        download(script, made)
        replace_and_go_back(stack, script, tmp_path)
        is_recorded(stack, script)
