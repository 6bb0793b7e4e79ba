"""What contributors do in pages: register, share, upload, document, prove, ask."""

import re
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Locator, expect

from registry.cards import BY_KEY
from tests.e2e.material import Material
from tests.e2e.visitors import SECONDS, Visitor

IMPORTED = SECONDS * 1000


def register(visitor: Visitor, name: str) -> None:
    """Register a model for the team Growth; the page goes on to its first version."""
    visitor.visit("/models/new/")
    visitor.fill(
        {
            "Name": name,
            "What does it decide?": "Sorts the queue of the pathologists.",
            "Task": "classification",
            "Framework": "scikit-learn",
            "Tags": "domain = pathology",
        }
    )
    visitor.field("Team").select_option(label="Growth")
    visitor.press("Register model")
    expect(visitor.page).to_have_url(re.compile(f"/models/{name}/versions/new/$"))
    visitor.is_told(f"{name} is registered")


def share_for_review(visitor: Visitor, name: str) -> None:
    """Let the risk team decide about the model's promotions."""
    visitor.visit(f"/models/{name}/access/")
    visitor.fill({"With": "risk-team"})
    visitor.page.get_by_role("radio", name="Decide about its promotions").check()
    visitor.press("Share")
    visitor.is_told("has the role now")
    row = visitor.page.get_by_role("row", name=re.compile("^Risk team"))
    expect(row).to_contain_text("reviewer")


def describe_version(visitor: Visitor, material: Material, *, label: str, news: str) -> None:
    """Fill in where a version comes from, on the page that adds it."""
    facts = material.trained.facts
    visitor.fill(
        {
            "Label": label,
            "What is new?": news,
            "Training data": f"{facts['dataset']['name']}@{label}",
            "Rows in it": str(facts["dataset"]["rows"]),
            "Code": facts["code_version"],
            "Licence": facts["licence"],
            "Trained by": facts["trained_by"],
            "Framework": facts["framework"],
            "Framework version": facts["framework_version"],
            "Training parameters": "\n".join(f"{k} = {v}" for k, v in facts["params"].items()),
            "Packages": "\n".join(f"{k} = {v}" for k, v in facts["environment"].items()),
        }
    )


def choose_folder(visitor: Visitor, folder: Path) -> None:
    """Choose a folder, and wait until the script has sent each of its files."""
    visitor.page.get_by_label("Choose a folder").set_input_files(folder)
    count = sum(1 for path in folder.rglob("*") if path.is_file())
    expect(row_of_file(visitor, "")).to_have_count(count)
    expect(row_of_file(visitor, "").filter(has_text="Here")).to_have_count(count)


def row_of_file(visitor: Visitor, path: str) -> Locator:
    """Return the row of a file among those that the script sends."""
    rows = visitor.page.get_by_role("region", name="Files").locator("tbody tr")
    return rows.filter(has_text=path)


def is_ready(visitor: Visitor) -> None:
    """Wait until the page of a version, which asks by itself, shows that it is ready."""
    page = visitor.page
    expect(page.get_by_role("heading", name="Signature")).to_be_visible(timeout=IMPORTED)
    expect(page.get_by_role("region", name="Importing")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Immutable")


def add_version(visitor: Visitor, name: str, material: Material, *, label: str) -> int:
    """Add a version by uploading its folder, and return its number when it is ready."""
    visitor.visit(f"/models/{name}/versions/new/")
    describe_version(visitor, material, label=label, news=f"What {label} brings.")
    choose_folder(visitor, material.folder)
    visitor.press("Add version")
    is_ready(visitor)
    return number_of(visitor)


def number_of(visitor: Visitor) -> int:
    """Return the number of the version whose page is open."""
    found = re.search(r"/versions/(\d+)/", visitor.page.url)
    assert found, visitor.page.url
    return int(found[1])


def open_section(visitor: Visitor, key: str) -> Locator:
    """Return the text of one section of the card editor, opened."""
    section = BY_KEY[key]
    text = visitor.page.get_by_label(section.title, exact=True)
    if not text.is_visible():
        visitor.page.get_by_role("heading", name=section.title, exact=True).click()
    return text


def publish_card(visitor: Visitor, version: str, sections: Mapping[str, str]) -> None:
    """Write sections of the card of the version at ``version`` and publish them."""
    visitor.visit(f"{version}card/")
    for key, text in sections.items():
        open_section(visitor, key).fill(text)
    visitor.press(re.compile("^Publish revision"))
    visitor.is_told("of the card is published")


def attach(visitor: Visitor, version: str, file: Path, *, kind: str, title: str) -> None:
    """Attach a file as evidence."""
    visitor.visit(f"{version}evidence/")
    visitor.field("Kind").select_option(label=kind)
    visitor.fill({"Title": title})
    visitor.field("File").set_input_files(file)
    visitor.press("Attach")
    visitor.is_told(f"{title} is attached: Pass")


def prove(visitor: Visitor, version: str, material: Material) -> None:
    """Attach the report and the audit, and claim the tags that they carry."""
    for kind, file, tag in (
        ("Evaluation report", material.report, "evaluated"),
        ("Bias audit", material.audit, "bias_checked"),
    ):
        attach(visitor, version, file, kind=kind, title=f"{kind} of {material.folder.parent.name}")
        visitor.press(f"Add tag {tag}")
        visitor.is_told(f"has the tag {tag}")


def ask(visitor: Visitor, version: str, target: str, reason: str) -> int:
    """Ask for the promotion of a version, and return the number of the request."""
    visitor.visit(f"{version}promote/?to={target}")
    visitor.fill({"Why now?": reason})
    visitor.press("Ask for promotion")
    expect(visitor.page).to_have_url(re.compile(r"/reviews/\d+/$"))
    return int(visitor.page.url.rstrip("/").rpartition("/")[2])
