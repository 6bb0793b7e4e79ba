"""Two people and two reviewers take a model from files to Production, and back, in browsers."""

import re
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e import behind, contributing, material, reviewing
from tests.e2e.conftest import Come
from tests.e2e.visitors import Visitor
from tests.harness.stack import RunningStack

pytestmark = pytest.mark.browser

NAME = f"needle-triage-{secrets.token_hex(3)}"
FIRST = f"/models/{NAME}/versions/1/"
SECOND = f"/models/{NAME}/versions/2/"


def add_first_version(mina: Visitor, made: material.Material, stack: RunningStack) -> None:
    """Upload a folder; while nobody works the page shows the wait, and then goes on by itself."""
    contributing.describe_version(mina, made, label="1.0.0", news="The first one.")
    contributing.choose_folder(mina, made.folder)
    with behind.nobody_works(stack):
        mina.press("Add version")
        mina.is_told("v1 is being imported")
        expect(mina.page.get_by_role("heading", level=1)).to_contain_text("Importing")
        steps = mina.page.get_by_role("region", name="Importing").get_by_role("listitem")
        expect(steps).to_contain_text(["Checking", "Scanning", "Packaging", "Signing"])
    contributing.is_ready(mina)
    files = mina.page.get_by_role("region", name="Files table")
    expect(files).to_contain_text("weights/")
    expect(files.get_by_role("link", name="model.safetensors", exact=True)).to_be_visible()


def write_card(mina: Visitor, karim: Visitor, sections: dict[str, str]) -> None:
    """Draft it, see that nobody else does, and publish it when it is complete."""
    page = mina.visit(f"{FIRST}card/")
    sections_done = page.get_by_role("navigation", name="Sections")
    expect(sections_done).to_contain_text("0 of 14")
    first, *others = sections.items()
    contributing.open_section(mina, first[0]).fill(first[1])
    # The draft keeps itself a moment after the author stops.
    expect(sections_done).to_contain_text("1 of 14")
    expect(sections_done).to_contain_text("Draft saved")
    mina.press("Keep as draft")
    mina.is_told("Your draft is kept")
    karim.visit(f"{FIRST}card/")
    expect(contributing.open_section(karim, first[0])).to_have_value("")
    contributing.publish_card(mina, FIRST, dict(others))
    card = mina.page.get_by_role("region", name="Model card")
    expect(card).to_contain_text("Complete")
    expect(card).to_contain_text("Revision 1")


def record_numbers(mina: Visitor) -> None:
    """State a metric and record a fact after the version came in."""
    mina.visit(f"{FIRST}metrics/")
    mina.fill({"Metric": "rmse", "Value": "0.21", "Measured on": "a notebook"})
    mina.press("State it")
    row = mina.page.get_by_role("region", name="Metrics").get_by_role("row", name="RMSE")
    expect(row).to_contain_text("stated")
    mina.visit(f"{FIRST}facts/")
    mina.field("Fact").select_option(label="Base model")
    mina.fill({"Value": "none, trained from nothing"})
    mina.press("Record")
    origin = mina.page.get_by_role("region", name="Where it comes from")
    expect(origin).to_contain_text("trained from nothing")


def come_to_staging(mina: Visitor) -> None:
    """Ask for Staging, where gates alone decide; the page follows until the version is there."""
    contributing.ask(mina, FIRST, "Staging", "To be run beside the present order.")
    reviewing.is_in(mina, "Staging")


def find_in_inbox(reviewer: Visitor, number: int, version: str) -> None:
    """Find the request among those that need this person, and open it."""
    reviewer.visit("/")
    reviewer.page.get_by_role("navigation", name="Main").get_by_role("link", name="Reviews").click()
    # What else waits, such as a waiver, stands above them and gives them a heading.
    name = re.compile("Table: (requests|promotions for you to decide)")
    table = reviewer.page.get_by_role("region", name=name)
    table.get_by_role("link", name=f"{NAME} {version}").click()
    expect(reviewer.page).to_have_url(re.compile(f"/reviews/{number}/$"))


def decide_about_the_past(mina: Visitor, tomasz: Visitor, number: int) -> None:
    """The card changes while a reviewer reads: nothing is recorded, nothing written is lost."""
    words = "The report agrees with the card."
    reviewing.choose(tomasz, "approve", words)
    limits = "Nothing is known about samples of other laboratories, and of people under 18."
    contributing.publish_card(mina, FIRST, {"limitations": limits})
    reviewing.submit(tomasz)
    page = tomasz.page
    expect(page.get_by_role("heading", name="Your decision was not recorded")).to_be_visible()
    changed = page.get_by_role("region", name="Your decision was not recorded")
    expect(changed).to_contain_text(re.compile("card", re.IGNORECASE))
    reviewing.is_kept(tomasz, "approve", words)
    reviewing.choose(tomasz, "approve", words)
    reviewing.submit(tomasz)
    tomasz.is_told("Your approval is recorded.")
    expect(page.get_by_text("1 of 2").first).to_be_visible()


def decide_after_an_hour(dana: Visitor, number: int, stack: RunningStack) -> None:
    """A sign-in that is too old is renewed in place; choice and comment stay."""
    words = "The numbers hold, and so does the audit."
    reviewing.choose(dana, "approve", words)
    behind.let_an_hour_pass(stack, dana.context)
    reviewing.submit(dana)
    for password in ("not-it", dana.password):
        reviewing.is_kept(dana, "approve", words)
        reviewing.choose(dana, "approve", words)
        reviewing.decision(dana.page).get_by_label("Your password").fill(password)
        reviewing.submit(dana)
    dana.is_told("Your approval is recorded.")


def everyone_is_told(mina: Visitor, dana: Visitor, number: int) -> None:
    """Whoever asked and whoever decided reads how it ended, in the app and by letter."""
    ended = re.compile(f"{NAME} v1 to Production is done")
    for visitor in (mina, dana):
        told = visitor.look_until(
            "/account/notifications/", lambda page: page.get_by_role("link", name=ended)
        )
        expect(told.first).to_have_attribute("href", re.compile(f"/reviews/{number}/$"))
        visitor.look_until(
            "/account/letters/", lambda page: page.get_by_role("article", name=ended)
        )


def promote_the_next(mina: Visitor, dana: Visitor, tomasz: Visitor, place: Path) -> None:
    """A second version takes the place of the first, which reviewers see beside it."""
    made = material.prepare(place / "second", NAME, strength=0.3)
    mina.visit(f"/models/{NAME}/")
    contributing.add_version(mina, NAME, made, label="1.1.0")
    contributing.publish_card(mina, SECOND, made.card)
    contributing.prove(mina, SECOND, made)
    number = contributing.ask(mina, SECOND, "Production", "Read rough textures better.")
    reviewing.read(dana, number)
    changes = dana.page.get_by_role("region", name="What changes")
    metrics = changes.get_by_role("region", name="Metrics")
    for name in ("v1", "v2", "Change"):
        expect(metrics.get_by_role("columnheader", name=name, exact=True)).to_be_visible()
    expect(changes.get_by_role("region", name="Data and code")).to_contain_text("1.1.0")
    changes.get_by_role("heading", name="Files").click()
    expect(changes).to_contain_text("weights/model.safetensors")
    reviewing.choose(dana, "approve", "Better where it was weak.")
    reviewing.submit(dana)
    dana.is_told("Your approval is recorded.")
    reviewing.decide(tomasz, number, "approve")
    reviewing.is_in(tomasz, "Production")
    mina.visit(FIRST)
    expect(mina.page.get_by_role("heading", level=1)).to_contain_text("Archived")


def roll_back(mina: Visitor, karim: Visitor) -> None:
    """One person goes back to the first version, with a reason."""
    mina.visit(f"/models/{NAME}/")
    mina.page.get_by_role("link", name="Roll back").click()
    page = mina.page
    page.get_by_role("radio", name=re.compile("^v1")).check()
    expect(page.get_by_role("heading", name="v1 replaces v2")).to_be_visible()
    mina.fill({"What happened?": "Twice as many samples are put last by mistake."})
    mina.press("Roll back to v1")
    mina.is_told("v1 is in Production again.")
    karim.visit(f"/models/{NAME}/")
    stages = karim.page.get_by_role("list", name="Versions by stage").get_by_role("listitem")
    expect(stages.filter(has_text="Production")).to_contain_text("v1")
    expect(stages.filter(has_text="Production")).to_contain_text("rolled back by Mina Okafor")
    karim.visit(FIRST)
    history = karim.page.get_by_role("region", name="Stage history")
    expect(history).to_contain_text("Twice as many samples are put last by mistake.")


def everything_is_recorded(otto: Visitor, stack: RunningStack) -> None:
    """The audit log names every step, and holds."""
    page = otto.visit(f"/audit/?model={NAME}")
    said = set(page.locator("td[data-label=What] code").all_inner_texts())
    while (older := page.get_by_role("link", name="Older")).count():
        older.click()
        page.wait_for_load_state()
        said |= set(page.locator("td[data-label=What] code").all_inner_texts())
    assert said >= {
        "model:registered",
        "model:shared",
        "version:registered",
        "version:ready",
        "card:published",
        "metric:stated",
        "fact:recorded",
        "evidence:attached",
        "tag:claimed",
        "request:opened",
        "request:changed",
        "decision:made",
        "request:approved",
        "request:promoted",
        "version:promoted",
        "version:superseded",
        "version:rolled_back",
        "rollback:signed",
    }
    otto.visit("/audit/")
    otto.press("Verify now")
    expect(page.get_by_role("heading", name=re.compile("entries verified"))).to_be_visible()
    result = behind.manage(stack, "audit_verify")
    assert result.returncode == 0, result.stdout + result.stderr


def test_from_files_to_production_and_back(come: Come, stack: RunningStack, tmp_path: Path) -> None:
    made = material.prepare(tmp_path / "first", NAME)
    mina, karim = come("mina"), come("karim")
    contributing.register(mina, NAME)
    add_first_version(mina, made, stack)
    contributing.share_for_review(mina, NAME)
    write_card(mina, karim, made.card)
    record_numbers(mina)
    contributing.prove(mina, FIRST, made)
    come_to_staging(mina)
    number = contributing.ask(mina, FIRST, "Production", "It beat the present order for a month.")

    dana, tomasz = come("dana"), come("tomasz")
    find_in_inbox(dana, number, "v1")
    find_in_inbox(tomasz, number, "v1")
    decide_about_the_past(mina, tomasz, number)
    reviewing.read(dana, number)
    decide_after_an_hour(dana, number, stack)
    reviewing.is_in(dana, "Production")
    everyone_is_told(mina, dana, number)
    promote_the_next(mina, dana, tomasz, tmp_path)
    roll_back(mina, karim)
    everything_is_recorded(come("otto"), stack)
