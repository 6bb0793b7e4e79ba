"""Start everything in order, keep it running, and stop it so that no process is left."""

import os
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from aegis.embedded import leftovers, options, programs, readiness, screen, setup
from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.errors import CannotStartError
from aegis.embedded.locks import FileLock, held
from aegis.embedded.logs import Follower
from aegis.embedded.options import Options
from aegis.embedded.postgres import PostgresServer
from aegis.embedded.processes import Child
from aegis.embedded.programs import Program
from aegis.embedded.redis import RedisServer
from aegis.embedded.screen import SignIns, say, say_of
from aegis.embedded.setup import with_log

TICK = 0.25
LOCK_SECONDS = 1.0
READY_SECONDS = 180.0
# More ends of one program than this within the span mean that starting it again mends nothing.
MOST_ENDS = 5
SPAN_SECONDS = 60.0

# In the order of the start; each rests on those before it, and the stop goes the other way.
SERVERS = ("PostgreSQL", "Redis")
PROGRAMS = ("beat", "worker", "importer", "web")


class StopRequested(BaseException):
    """The person at the terminal, or the system, asks for the end; raised by signal handlers."""


class Server(Protocol):
    """What the stack starts, watches and stops."""

    child: Child | None

    def start(self) -> object:
        """Start it and wait until it serves, where that can be told. Raises CannotStartError."""

    def stop(self, *, hurry: bool = False) -> None:
        """Stop it; doing so again is harmless."""


class Stack:
    """PostgreSQL, Redis, beat, the workers and web of one data folder."""

    def __init__(
        self,
        config: EmbeddedConfig,
        chosen: Options,
        *,
        show: Callable[[EmbeddedConfig, Options, SignIns], None] = screen.show,
    ) -> None:
        self.config = config
        self.options = chosen
        self.show = show
        self.servers: dict[str, Server] = {}
        if chosen.runs_database:
            self.servers["PostgreSQL"] = PostgresServer(config)
        if chosen.runs_redis:
            self.servers["Redis"] = RedisServer(config)
        self.servers["prepare"] = self._prepare = Program(programs.prepare(config))
        self.servers["verify"] = self._verify = Program(programs.verify(config))
        self.servers["beat"] = Program(programs.beat(config))
        self.servers["worker"] = Program(programs.worker(config))
        self.servers["importer"] = Program(programs.importer(config))
        self.servers["web"] = Program(programs.web(config, chosen))
        self._ends: defaultdict[str, deque[float]] = defaultdict(deque)

    def run(self) -> None:
        """Run until somebody asks for the end. Raises CannotStartError where it cannot go on."""
        lock = self._lock()
        try:
            self._start()
            self._supervise()
        except StopRequested:
            say("\nStopping …")
        finally:
            self._stop()
            lock.release()
        say("Stopped.")

    def _lock(self) -> FileLock:
        lock = FileLock(self.config.data / "stack.lock")
        deadline = time.monotonic() + LOCK_SECONDS
        while not lock.take(wait=False):
            if time.monotonic() < deadline:  # A command that only asks holds it for a moment.
                time.sleep(TICK)
                continue
            message = (
                f"Aegis already runs on {self.config.data}: {lock.signature()}. Stop that one "
                "with Ctrl-C in its terminal, or set AEGIS_DATA and AEGIS_PORT for another."
            )
            raise CannotStartError(message)
        lock.sign(f"process {os.getpid()}, {self.options.url}/")
        return lock

    # Start ------------------------------------------------------------------------------------

    def _start(self) -> None:
        if count := leftovers.end(self.config.data):
            say(f"Ended {count} processes that an earlier start had left.")
        options.require_free_port(self.options)
        if self.options.runs_database:
            self._require_unused_database()
        self.config.logs.mkdir(mode=0o700, exist_ok=True)
        for name in SERVERS:
            if name in self.servers:
                say(f"Starting {name} …")
                self._start_server(name)
        say("Bringing the database up to date …")
        sign_ins = setup.prepare(self._prepare)
        say("Starting web, workers and beat …")
        for name in PROGRAMS:
            self.servers[name].start()
        self._wait_until_ready()
        self.show(self.config, self.options, sign_ins)

    def _start_server(self, name: str) -> None:
        with held(self.config.data / "postgres.start"):
            self.servers[name].start()

    def _require_unused_database(self) -> None:
        """Raise CannotStartError where a management command runs the database for itself."""
        users = FileLock(self.config.data / "postgres.users")
        if users.is_held() and PostgresServer(self.config).is_running():
            message = (
                f"Another command uses the database in {self.config.data} "
                f"({users.signature()}). Wait for its end, then start again."
            )
            raise CannotStartError(message)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        is_ready, words = False, ""
        while not is_ready:
            for name in PROGRAMS:
                child = self.servers[name].child
                if child is not None and child.ended():
                    raise CannotStartError(with_log(f"{name} {child.describe_end()}", _log(child)))
            if time.monotonic() > deadline:
                sentence = f"Aegis was not ready after {READY_SECONDS:.0f} seconds: {words}"
                raise CannotStartError(with_log(sentence, self.config.logs / "web.log"))
            time.sleep(TICK)
            is_ready, words = readiness.ask(self.options.url)

    # Run --------------------------------------------------------------------------------------

    def _supervise(self) -> None:
        follower = Follower({name: self.config.logs / f"{name}.log" for name in PROGRAMS})
        self._verify.start()
        is_verified = False
        pause = threading.Event()
        while True:
            for name in (*SERVERS, *PROGRAMS):
                if name in self.servers:
                    self._restart_if_ended(name)
            for name, line in follower.lines():
                say_of(name, line)
            follower.shorten()
            is_verified = is_verified or setup.report_verification(self._verify)
            pause.wait(TICK)

    def _restart_if_ended(self, name: str) -> None:
        child = self.servers[name].child
        if child is None or not child.ended():
            return
        self._count_end(name, child)
        say(f"{name} {child.describe_end()}; starting it again.")
        # The sessions of the programs are gone with PostgreSQL: they begin anew.
        above = PROGRAMS if name == "PostgreSQL" else ()
        for other in reversed(above):
            self.servers[other].stop()
        self._start_server(name)
        for other in above:
            self.servers[other].start()

    def _count_end(self, name: str, child: Child) -> None:
        now = time.monotonic()
        ends = self._ends[name]
        ends.append(now)
        while ends[0] < now - SPAN_SECONDS:
            ends.popleft()
        if len(ends) > MOST_ENDS:
            sentence = f"{name} ended {len(ends)} times within {SPAN_SECONDS:.0f} seconds"
            raise CannotStartError(with_log(sentence, _log(child)))
        time.sleep(len(ends) - 1)

    # Stop -------------------------------------------------------------------------------------

    def _stop(self) -> None:
        """Stop in the order web, workers, beat, Redis, PostgreSQL; a second request hurries."""
        hurry = False
        for server in reversed(self.servers.values()):
            while True:
                try:
                    server.stop(hurry=hurry)
                    break
                except StopRequested:
                    hurry = True


def _log(child: Child) -> Path:
    return child.plan.log
