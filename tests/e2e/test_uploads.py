"""Uploads that go wrong on their way: broken off and taken up again, and damaged on the disk."""

import hashlib
import os
import random
import re
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.e2e import behind, contributing, material, rest
from tests.e2e.conftest import Come
from tests.e2e.visitors import Visitor
from tests.harness.stack import RunningStack
from tests.registry import making

pytestmark = pytest.mark.browser

PART = 8 * 1024 * 1024


def weights(size: int) -> bytes:
    """Return a file of random weights that scans find to be data."""
    return making.weights(os.urandom(size))


def named(word: str) -> str:
    return f"{word}-{secrets.token_hex(3)}"


def test_a_broken_upload_goes_on_where_it_stopped(come: Come, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(weights(2 * PART + 1000))
    (folder / "config.json").write_text("{}")
    mina = come("mina")
    contributing.register(mina, named("broken-off"))
    sent: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PUT" and "weights.bin" in request.url:
            sent.append(int(request.headers["upload-offset"]))

    def swallow(route: Route) -> None:
        if int(route.request.headers["upload-offset"]) < PART:
            route.continue_()

    page = mina.page
    page.on("request", note)
    page.route("**/files/weights.bin", swallow)
    choose = page.get_by_label("Choose a folder")
    choose.set_input_files(folder)
    row = contributing.row_of_file(mina, "weights.bin")
    expect(row).to_contain_text("Sending, 49%")
    page.get_by_role("button", name="Pause all").click()
    expect(row).to_contain_text("Stopped at 49%")
    expect(row).to_contain_text("8.4 MB are safe here")
    expect(page.get_by_role("button", name="Add version")).to_be_disabled()

    page.unroute("**/files/weights.bin")
    contributing.choose_folder(mina, folder)
    # The second part was on its way when it broke; the first is not sent again.
    assert sent == [0, PART, PART, 2 * PART]
    mina.press("Add version")
    contributing.is_ready(mina)


def bytes_sent(page: Page) -> list[int]:
    """Count the bytes of parts that the page sends from now on, in the list's one entry."""
    count = [0]

    def note(request: Request) -> None:
        if request.method == "PUT":
            count[0] += int(request.headers.get("content-length", "0") or 0)

    page.on("requestfinished", note)
    page.on("requestfailed", note)
    return count


def is_on_its_way(visitor: Visitor, path: str, percent: int) -> None:
    """Wait until so much of a file has arrived."""
    visitor.page.wait_for_function(
        """([path, percent]) => [...document.querySelectorAll("[data-upload] tbody tr")].some(
            (row) => row.textContent.includes(path)
                && Number(row.textContent.match(/Sending, (\\d+)%/)?.[1] ?? 0) >= percent)""",
        arg=[path, percent],
    )


def test_an_upload_goes_on_after_the_browser_was_closed(
    come: Come, stack: RunningStack, tmp_path: Path
) -> None:
    name = named("closed")
    folder = tmp_path / "release"
    folder.mkdir()
    data = weights(6 * PART + 1234)
    (folder / "weights.bin").write_bytes(data)
    (folder / "config.json").write_text("{}")
    mina = come("mina")
    contributing.register(mina, name)
    first = bytes_sent(mina.page)
    mina.page.get_by_label("Choose a folder").set_input_files(folder)
    is_on_its_way(mina, "weights.bin", random.choice([1, 20, 50]))
    remembered = mina.context.storage_state()
    mina.context.close()

    back = come("mina", storage_state={"cookies": [], "origins": remembered["origins"]})
    back.visit(f"/models/{name}/versions/new/")
    notice = back.page.locator("[data-upload-kept]")
    expect(notice).to_contain_text("2 files of an upload from")
    expect(contributing.row_of_file(back, "weights.bin")).to_contain_text(re.compile(r"\d+% here"))
    expect(back.page.get_by_role("button", name="Add version")).to_be_disabled()
    second = bytes_sent(back.page)
    contributing.choose_folder(back, folder)
    assert first[0] + second[0] <= len(data) + 2 + 2 * PART
    assert second[0] < len(data)
    back.press("Add version")
    contributing.is_ready(back)
    with rest.by_token(stack, "mina") as script:
        files = script.get(f"models/{name}/versions/1/files/")["results"]
    digests = {file["path"]: file["sha256"] for file in files}
    assert digests["weights.bin"] == hashlib.sha256(data).hexdigest()
    back.visit(f"/models/{name}/versions/new/")
    expect(notice).to_be_hidden()


def test_a_file_that_changed_while_the_browser_was_closed_is_sent_whole(
    come: Come, stack: RunningStack, tmp_path: Path
) -> None:
    name = named("changed")
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(weights(PART))
    (folder / "config.json").write_text("{}")
    mina = come("mina")
    contributing.register(mina, name)
    contributing.choose_folder(mina, folder)
    mina.visit("/imports/")
    mina.visit(f"/models/{name}/versions/new/")
    expect(mina.page.locator("[data-upload-kept]")).to_contain_text("2 files of an upload from")
    data = weights(PART)
    (folder / "weights.bin").write_bytes(data)
    contributing.choose_folder(mina, folder)
    mina.press("Add version")
    contributing.is_ready(mina)
    with rest.by_token(stack, "mina") as script:
        files = script.get(f"models/{name}/versions/1/files/")["results"]
    digests = {file["path"]: file["sha256"] for file in files}
    assert digests["weights.bin"] == hashlib.sha256(data).hexdigest()


def test_an_unfinished_upload_is_discarded_by_its_owner(come: Come, tmp_path: Path) -> None:
    name = named("discarded")
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    mina = come("mina")
    contributing.register(mina, name)
    contributing.choose_folder(mina, folder)
    mina.visit(f"/models/{name}/versions/new/")
    mina.press("Discard them")
    expect(mina.page.locator("[data-upload-kept]")).to_be_hidden()
    expect(contributing.row_of_file(mina, "")).to_have_count(0)
    contributing.choose_folder(mina, folder)
    mina.visit("/imports/")
    unfinished = mina.page.get_by_role("region", name="Your unfinished uploads")
    before = unfinished.get_by_role("button", name="Discard").count()
    unfinished.get_by_role("button", name="Discard").first.click()
    mina.is_told("The upload is discarded.")
    expect(unfinished.get_by_role("button", name="Discard")).to_have_count(before - 1)


def test_files_that_are_a_version_already_lead_to_it(come: Come, tmp_path: Path) -> None:
    made = material.prepare(tmp_path, "twice")
    name = named("twice")
    mina = come("mina")
    contributing.register(mina, name)
    contributing.add_version(mina, name, made, label="1.0.0")
    mina.visit(f"/models/{name}/versions/new/")
    contributing.choose_folder(mina, made.folder)
    mina.press("Add version")
    told = mina.page.get_by_role("alert")
    expect(told).to_contain_text("These files are v1 (1.0.0) already.")
    expect(told.get_by_role("link", name="Open v1")).to_be_visible()
    mina.press("Add them as a new version")
    contributing.is_ready(mina)
    assert contributing.number_of(mina) == 2


def test_a_file_that_is_left_out_does_not_come_in(come: Come, tmp_path: Path) -> None:
    made = material.prepare(tmp_path, "left-out")
    mina = come("mina")
    contributing.register(mina, named("left-out"))
    contributing.choose_folder(mina, made.folder)
    row = contributing.row_of_file(mina, "requirements.txt")
    row.get_by_role("button", name="Leave out").click()
    expect(row).to_have_count(0)
    mina.press("Add version")
    contributing.is_ready(mina)
    files = mina.page.get_by_role("region", name="Files table")
    expect(files).to_contain_text("config.json")
    expect(files).not_to_contain_text("requirements.txt")


def test_a_failed_version_is_tried_again(come: Come, stack: RunningStack, tmp_path: Path) -> None:
    made = material.prepare(tmp_path, "damaged")
    data = made.trained.files["model.skops"]
    mina = come("mina")
    contributing.register(mina, named("damaged"))
    contributing.choose_folder(mina, made.folder)
    with behind.nobody_works(stack):
        mina.press("Add version")
        expect(mina.page.get_by_role("region", name="Importing")).to_be_visible()
        (kept,) = behind.received_files(stack, data)
        kept.chmod(0o600)
        kept.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    failed = mina.page.get_by_role("alert")
    expect(failed).to_contain_text("v1 could not be imported.")
    expect(failed).to_contain_text(
        re.compile("The bytes of model.skops are not the ones that were received")
    )
    kept.write_bytes(data)
    mina.press("Try again")
    mina.is_told("is tried again")
    contributing.is_ready(mina)
    assert contributing.number_of(mina) == 1
