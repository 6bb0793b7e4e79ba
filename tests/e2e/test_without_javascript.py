"""The same job in browsers that run no script: every page works, only slower to the eye."""

import re
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e import contributing, material, reviewing
from tests.e2e.conftest import Come
from tests.e2e.visitors import Visitor

pytestmark = pytest.mark.browser

NAME = f"plain-{secrets.token_hex(3)}"
VERSION = f"/models/{NAME}/versions/1/"


def add_version(karim: Visitor, made: material.Material) -> None:
    """Send the folder with the form; the page is loaded again until the version is ready."""
    contributing.describe_version(karim, made, label="1.0.0", news="The first one.")
    karim.page.get_by_label("Choose a folder").set_input_files(made.folder)
    karim.press("Add version")
    karim.is_told("v1 is being imported")
    # The files are shown once the version itself was read as ready, which a page reads first.
    karim.look_until(VERSION, lambda page: page.get_by_role("region", name="Files table"))
    files = karim.page.get_by_role("region", name="Files table")
    expect(files).to_contain_text("weights/")
    expect(files.locator("a[download]")).to_have_text(
        ["model.safetensors", "config.json", "model.skops", "requirements.txt"]
    )


def is_in(visitor: Visitor, number: int, target: str) -> None:
    """Load the review again until the version is in its stage."""
    path = f"/reviews/{number}/"
    visitor.look_until(path, lambda page: reviewing.decision(page).get_by_text("Promoted"))
    expect(reviewing.decision(visitor.page)).to_contain_text(target)


def test_from_files_to_production_without_javascript(come: Come, tmp_path: Path) -> None:
    made = material.prepare(tmp_path, NAME)
    karim = come("karim", java_script_enabled=False)
    contributing.register(karim, NAME)
    add_version(karim, made)
    contributing.share_for_review(karim, NAME)
    contributing.publish_card(karim, VERSION, made.card)
    contributing.prove(karim, VERSION, made)
    staging = contributing.ask(karim, VERSION, "Staging", "To be run beside the present order.")
    is_in(karim, staging, "Staging")
    number = contributing.ask(karim, VERSION, "Production", "It is better.")

    priya = come("priya", java_script_enabled=False)
    wish = "Say how it does on samples of other laboratories."
    reviewing.decide(priya, number, "request_changes")
    expect(reviewing.decision(priya.page)).to_contain_text(re.compile("comment", re.IGNORECASE))
    reviewing.decide(priya, number, "request_changes", wish)
    priya.is_told("Your request for changes is recorded.")
    karim.visit(f"/reviews/{number}/")
    expect(karim.page.get_by_role("main")).to_contain_text(wish)
    limits = "Nothing is known about samples of other laboratories, and of people under 18."
    contributing.publish_card(karim, VERSION, {"limitations": limits})
    for reviewer in (priya, come("tomasz", java_script_enabled=False)):
        reviewing.decide(reviewer, number, "approve")
        reviewer.is_told("Your approval is recorded.")
    is_in(karim, number, "Production")
