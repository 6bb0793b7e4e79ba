"""Every page once: axe finds nothing, a telephone scrolls it one way only, the console is quiet."""

import json
import re
import threading
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from tests.e2e.origins import import_all
from tests.e2e.visitors import WIDE, Visitor, enter
from tests.harness.stack import RunningStack
from tests.servers.hub import Hub

pytestmark = pytest.mark.browser

NARROW: ViewportSize = {"width": 390, "height": 844}
NOBODY = ""
PLACE = r"{(\w+):([\w-]+)}"

# Where the sample's proposals stand that two people carry.
PROPOSALS = {"waiver": "versions/2/scan/waivers/", "redaction": "versions/1/redactions/"}

# Who looks at what. {open:model} is the latest request about a model that is in that state.
PAGES = (
    (NOBODY, "/account/login/"),
    (NOBODY, "/account/password/reset/"),
    ("mina", "/"),
    ("mina", "/?q=nothing+is+called+so"),
    ("mina", "/models/new/"),
    ("vera", "/models/breast-cancer-screen/"),
    ("karim", "/models/digit-reader/"),
    ("karim", "/models/digit-reader/versions/"),
    ("karim", "/models/digit-reader/settings/"),
    ("karim", "/models/digit-reader/access/"),
    ("vera", "/models/digit-reader/access/"),
    ("karim", "/models/digit-reader/rollback/"),
    ("karim", "/models/digit-reader/rollback/?version=2"),
    ("karim", "/models/digit-reader/versions/3/archive/"),
    ("mina", "/models/wine-notes/versions/new/"),
    ("mina", "/models/wine-notes/versions/1/"),
    ("mina", "/models/wine-notes/versions/2/"),
    ("mina", "/models/wine-notes/versions/3/"),
    ("mina", "/models/wine-notes/versions/4/"),
    ("vera", "/models/breast-cancer-screen/versions/2/"),
    ("vera", "/models/breast-cancer-screen/versions/2/files/"),
    ("vera", "/models/breast-cancer-screen/versions/2/scan/"),
    ("karim", "/models/digit-reader/versions/3/scan/"),
    ("vera", "/models/iris-labels/"),
    ("karim", "/models/iris-labels/versions/1/"),
    ("karim", "/models/iris-labels/versions/1/downloads/"),
    ("vera", "/models/iris-labels/versions/1/card/read/?revision=1"),
    ("vera", "/models/iris-labels/versions/1/redactions/"),
    ("vera", "/models/iris-labels/versions/1/redactions/{redaction:iris-labels}/"),
    ("mina", "/models/iris-labels/versions/2/redactions/new/?kind=file&target=cutoffs.pkl"),
    ("mina", "/models/iris-labels/versions/2/"),
    ("mina", "/models/iris-labels/versions/2/promote/?to=Staging"),
    ("vera", "/models/iris-labels/versions/2/files/"),
    ("dana", "/models/iris-labels/versions/2/scan/"),
    ("dana", "/models/iris-labels/versions/2/scan/waivers/new/?path=cutoffs.pkl"),
    ("vera", "/models/iris-labels/versions/2/scan/waivers/{waiver:iris-labels}/"),
    ("tomasz", "/models/iris-labels/versions/2/scan/waivers/{waiver:iris-labels}/"),
    ("karim", "/models/breast-cancer-screen/versions/2/recall/"),
    ("lena", "/keys/"),
    ("lena", "/keys/new/"),
    ("lena", "/keys/aegis-development/"),
    ("lena", "/keys/aegis-development/edit/"),
    ("lena", "/keys/aegis-development/compromise/"),
    ("vera", "/models/breast-cancer-screen/versions/2/card/read/"),
    ("mina", "/models/wine-notes/versions/3/card/"),
    ("mina", "/models/wine-notes/versions/3/evidence/?kind=bias_audit"),
    ("mina", "/models/wine-notes/versions/3/tags/"),
    ("mina", "/models/wine-notes/versions/3/facts/"),
    ("mina", "/models/wine-notes/versions/3/metrics/"),
    ("mina", "/models/wine-notes/versions/2/promote/?to=Staging"),
    ("mina", "/models/wine-notes/versions/2/promote/?to=Production"),
    ("tomasz", "/reviews/"),
    ("mina", "/reviews/?list=mine"),
    ("otto", "/reviews/?list=open"),
    ("otto", "/reviews/?list=decided"),
    ("tomasz", "/reviews/{open:breast-cancer-screen}/"),
    ("aiko", "/reviews/{open:breast-cancer-screen}/"),
    ("dana", "/reviews/{open:breast-cancer-screen}/"),
    ("dana", "/reviews/{open:digit-reader}/"),
    ("dana", "/reviews/{open:wine-notes}/"),
    ("otto", "/reviews/{open:diabetes-progression}/"),
    ("otto", "/reviews/{promoted:digit-reader}/"),
    ("mina", "/imports/"),
    ("mina", "/imports/{failed:wine-notes}/"),
    ("mina", "/imports/{running:wine-notes}/"),
    ("mina", "/imports/{planned:planned-from-hub}/"),
    ("mina", "/imports/{running:running-from-hub}/"),
    ("mina", "/imports/{failed:failed-from-hub}/"),
    ("mina", "/imports/{done:done-from-hub}/"),
    ("mina", "/models/done-from-hub/versions/1/"),
    ("mina", "/models/failed-from-hub/versions/1/"),
    ("otto", "/audit/"),
    ("vera", "/audit/?model=breast-cancer-screen"),
    ("mina", "/account/"),
    ("dana", "/account/letters/"),
    ("dana", "/account/notifications/"),
    ("dana", "/account/password/change/"),
    ("dana", "/account/logout/"),
    ("lena", "/admin/"),
    ("lena", "/admin/accounts/user/"),
)
REFUSED = (
    (404, "vera", "/nothing/is/here/"),
    (404, "vera", "/models/diabetes-progression/"),
    (403, "vera", "/models/wine-notes/versions/new/"),
)

Resident = Callable[[str], Visitor]


@pytest.fixture(scope="module")
def imported(stack: RunningStack, origin: Hub) -> Iterator[None]:
    """Imports from the hub in each state."""
    ends = threading.Event()
    import_all(stack, origin, ends)
    yield
    ends.set()


@pytest.fixture(scope="module")
def resident(browser: Browser, stack: RunningStack, imported: None) -> Iterator[Resident]:
    """One browser for each person, for all pages."""
    there: dict[str, Visitor] = {}

    def of(username: str) -> Visitor:
        if username not in there:
            there[username] = enter(browser, stack, username)
            if username:
                there[username].sign_in()
        there[username].faults.clear()
        return there[username]

    yield of
    for visitor in there.values():
        visitor.context.close()


@pytest.mark.parametrize(("username", "path"), PAGES)
def test_a_page_is_sound(resident: Resident, username: str, path: str) -> None:
    visitor = resident(username)
    page = visitor.visit(re.sub(PLACE, lambda found: _number(visitor, *found.groups()), path))
    assert not (faults := faults_of(visitor, page)), "\n".join(faults)


@pytest.mark.parametrize(("status", "username", "path"), REFUSED)
def test_a_page_that_refuses_is_sound(
    resident: Resident, status: int, username: str, path: str
) -> None:
    visitor = resident(username)
    answer = visitor.page.goto(path)
    assert answer is not None
    assert answer.status == status
    assert not (faults := faults_of(visitor, visitor.page)), "\n".join(faults)


def faults_of(visitor: Visitor, page: Page) -> list[str]:
    """Return what is wrong with the open page, all of it unfolded, in plain words."""
    page.locator("main details:not(.menu)").evaluate_all(
        "all => all.forEach(one => one.open = true)"
    )
    found = [
        f"{broken['id']}: {broken['help']}\n{node['html'][:300]}"
        for broken in Axe().run(page).response["violations"]
        for node in broken["nodes"]
    ]
    page.set_viewport_size(NARROW)
    found += page.evaluate(TOO_WIDE)
    page.set_viewport_size(WIDE)
    return found + visitor.faults


TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const clips = (one) => getComputedStyle(one).overflowX !== "visible";
  const scrolls = (one) => one && (clips(one) || scrolls(one.parentElement));
  const wide = [...document.body.querySelectorAll("*")].filter(
    (one) => one.getBoundingClientRect().right > width + 1 && !scrolls(one.parentElement));
  return [`${document.documentElement.scrollWidth} pixels wide on ${width}: `
    + wide.slice(0, 5).map((one) => one.outerHTML.slice(0, 120)).join(" | ")];
}"""


def _number(visitor: Visitor, state: str, model: str) -> str:
    """Return the number of the latest request or import about ``model`` in ``state``.

    Of a waiver or a redaction, as which ``state`` may name it, return the key.
    """
    if state in PROPOSALS:
        answer = visitor.context.request.get(f"/api/v1/models/{model}/{PROPOSALS[state]}")
        assert answer.ok, answer.text()
        return str(json.loads(answer.body())["results"][0]["id"])
    kind = "imports" if state in {"planned", "running", "failed", "done"} else "promotions"
    answer = visitor.context.request.get(f"/api/v1/{kind}/?state={state}&page_size=100")
    assert answer.ok, answer.text()
    rows = json.loads(answer.body())["results"]
    return str(next(row["number"] for row in rows if row["model"] == model))
