"""What every test gets: servers of its own, a fresh database, no network."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext
from xdist.remote import Producer

from aegis.embedded.postgres import PostgresServer
from aegis.embedded.redis import RedisServer
from tests.harness import browser as chromium
from tests.harness import databases, network, run
from tests.harness import stack as stacks
from tests.harness.scheduling import KeepStacksTogether, refuse_strays
from tests.harness.stack import RunningStack
from tests.harness.worker import Worker
from tests.servers.hub import Hub, running_hub
from tests.servers.vault import server as vaults
from tests.servers.vault.server import VaultServer

if TYPE_CHECKING:
    from tests.cast import Cast

_servers = pytest.StashKey[list[PostgresServer | RedisServer]]()


def pytest_configure(config: pytest.Config) -> None:
    """Close the network for every process that runs tests."""
    config.stash[_servers] = []
    network.close()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the servers before xdist starts its workers, which use them."""
    config = session.config
    if run.is_first() and not config.option.collectonly:
        redis = RedisServer(run.servers())
        redis.start()
        config.stash[_servers].append(redis)
        config.stash[_servers].append(databases.start(config.cache.mkdir("databases")))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers that this process started."""
    for server in config.stash[_servers]:
        server.stop()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> KeepStacksTogether:
    """Choose how tests are handed to xdist's workers."""
    return KeepStacksTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make sure that no two processes start the same stack."""
    refuse_strays(items)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None) -> None:
    """Give this process a clone of the migrated template, in place of Django's own set-up."""
    databases.clone()


@pytest.fixture
def cast(db: None) -> "Cast":
    """The people of ``tests/cast.py``, made by the verbs."""
    from tests.cast import assemble

    return assemble()


@pytest.fixture(scope="session")
def _worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.stop()


@pytest.fixture
def worker(transactional_db: None, _worker: Worker) -> Iterator[Worker]:
    """A real Celery worker that acts on what this test commits; it is idle before the clean-up."""
    _worker.begin()
    yield _worker
    _worker.end()


@pytest.fixture(autouse=True)
def _worker_where_marked(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("worker"):
        request.getfixturevalue("worker")


@pytest.fixture(scope="session")
def origin() -> Iterator[Hub]:
    """The hub that the whole stack imports from."""
    with running_hub() as hub:
        yield hub


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, origin: Hub) -> Iterator[RunningStack]:
    """The whole stack with the sample organisation, as ``make run`` starts it."""
    log = tmp_path_factory.mktemp("stack") / "terminal.log"
    running = stacks.start(
        run.folder() / "stack",
        log,
        AEGIS_DEMO="1",
        HF_ENDPOINT=origin.endpoint,
        AEGIS_EGRESS_ALLOW=",".join(sorted(origin.hosts)),
    )
    yield running
    running.stop()


@pytest.fixture(scope="session")
def vault() -> Iterator[VaultServer]:
    """A real Vault, of this process alone; a test without one is skipped with what to run."""
    yield from vaults.running()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; a test without it is skipped with a line that says how to get it."""
    yield from chromium.launched(chromium.require())


@pytest.fixture
def open_browser(browser: Browser, stack: RunningStack) -> Iterator[Callable[[], BrowserContext]]:
    """Open a browser on the stack for one more person, as often as the test calls it."""
    contexts: list[BrowserContext] = []

    def open_one() -> BrowserContext:
        contexts.append(chromium.new_context(browser, stack.url))
        return contexts[-1]

    yield open_one
    for context in contexts:
        context.close()
