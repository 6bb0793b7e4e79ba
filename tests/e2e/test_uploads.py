"""Uploads that go wrong on their way: broken off and taken up again, and damaged on the disk."""

import os
import re
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import Request, Route, expect

from tests.e2e import behind, contributing, material
from tests.e2e.conftest import Come
from tests.harness.stack import RunningStack

pytestmark = pytest.mark.browser

PART = 8 * 1024 * 1024


def named(word: str) -> str:
    return f"{word}-{secrets.token_hex(3)}"


def test_a_broken_upload_goes_on_where_it_stopped(come: Come, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(os.urandom(2 * PART + 1000))
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
    expect(failed).to_contain_text(re.compile("The bytes of model.skops have the sha256 [0-9a-f]"))
    kept.write_bytes(data)
    mina.press("Try again")
    mina.is_told("is tried again")
    contributing.is_ready(mina)
    assert contributing.number_of(mina) == 1
