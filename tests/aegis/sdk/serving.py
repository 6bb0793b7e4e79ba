"""A whole registry for clients: the real API over HTTP, a worker, and a folder to import from."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from django.db import connection
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from aegis.accounts.models import User
from aegis.accounts.tokens import create_token
from imports.claims import claimable
from imports.rights import grant_import_right
from imports.running import run
from imports.sources.configured import KINDS
from registry.models import ModelVersion, RegisteredModel
from tests.cast import Cast, assemble
from tests.imports.sources.folder import FolderSource
from tests.registry import making


class Working:
    """A worker in a thread of this process, which therefore sees the sources of the tests.

    It takes nothing up while it is ``paused``.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Wait until it has done what it took up, and let it take up nothing for a while."""
        with self._turn:
            yield

    def _work(self) -> None:
        try:
            while not self._ends.wait(0.05):
                with self._turn:
                    for job in list(claimable()):
                        run(job.pk)
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Serving:
    """A registry that runs: its address, its people, its worker, and where it imports from."""

    url: str
    cast: Cast
    worker: Working
    folder: FolderSource

    def token(self, user: User, *further: str) -> str:
        """Return a fresh token of one person, with ``further`` scopes."""
        _, plain = create_token(
            actor=user,
            user=user,
            name="test",
            scopes=("read", "write", *further),
            lifetime=timedelta(days=2),
        )
        return plain

    def new_version(
        self, model: RegisteredModel, files: dict[str, bytes] = making.FILES, **further: Any
    ) -> ModelVersion:
        """Return a version that mina uploaded, made by the test and not by the worker as well."""
        with self.worker.paused():
            return making.new_version(model, self.cast.mina, files, **further)


@pytest.fixture
def serving(
    live_server: LiveServer, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Serving]:
    """A registry whose team growth may import from a folder that stands for the hub."""
    making.keep_files_in(tmp_path / "data", settings)
    cast = assemble()
    folder = FolderSource(dict(making.FILES))
    monkeypatch.setitem(KINDS, "huggingface", folder.as_kind())
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
    with Working() as worker:
        yield Serving(live_server.url, cast, worker, folder)
