"""Start everything in order, keep it running, and stop it so that no process is left."""

import http.client
import os
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from aegis.embedded import leftovers, options, programs, screen
from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.errors import CannotStartError
from aegis.embedded.locks import FileLock, held
from aegis.embedded.logs import Follower
from aegis.embedded.options import Options
from aegis.embedded.postgres import PostgresServer
from aegis.embedded.processes import Child, tail
from aegis.embedded.programs import Program
from aegis.embedded.redis import RedisServer
from aegis.embedded.screen import SignIns, say, say_of

TICK = 0.25
READY_SECONDS = 90.0
PREPARE_SECONDS = 1800.0
# More ends of one program than this within the span mean that starting it again mends nothing.
MOST_ENDS = 5
SPAN_SECONDS = 60.0


class StopRequested(BaseException):
    """The person at the terminal, or the system, asks for the end; raised by signal handlers."""


class Server(Protocol):
    """What the stack starts, watches and stops."""

    child: Child | None

    def start(self) -> None:
        """Start it and wait until it serves, where that can be told. Raises CannotStartError."""

    def stop(self, *, hurry: bool = False) -> None:
        """Stop it; doing so again is harmless."""


class Stack:
    """PostgreSQL, Redis, worker, beat and web of one data folder."""

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
        # In the order of the start. Each rests on those above it.
        self.servers: dict[str, Server] = {}
        if chosen.runs_database:
            self.servers["PostgreSQL"] = PostgresServer(config)
        if chosen.runs_redis:
            self.servers["Redis"] = RedisServer(config)
        for name, plan in (
            ("beat", programs.beat(config)),
            ("worker", programs.worker(config)),
            ("web", programs.web(config, chosen)),
        ):
            self.servers[name] = Program(plan)
        self._ends: defaultdict[str, deque[float]] = defaultdict(deque)
        self._commands: list[Program] = []

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
        if not lock.take(wait=False):
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
        self._start_servers()
        sign_ins = self._prepare()
        say("Starting web, worker and beat …")
        for name in ("beat", "worker", "web"):
            self.servers[name].start()
        self._wait_until_ready()
        self.show(self.config, self.options, sign_ins)

    def _start_servers(self) -> None:
        self.config.logs.mkdir(mode=0o700, exist_ok=True)
        if "PostgreSQL" in self.servers:
            users = FileLock(self.config.data / "postgres.users")
            with held(self.config.data / "postgres.start"):
                server = PostgresServer(self.config)
                if not users.take(wait=False) and server.is_running():
                    message = (
                        f"Another command uses the database in {self.config.data} "
                        f"({users.signature()}). Wait for its end, then start again."
                    )
                    raise CannotStartError(message)
                users.release()
                say("Starting PostgreSQL …")
                self.servers["PostgreSQL"].start()
        if "Redis" in self.servers:
            say("Starting Redis …")
            self.servers["Redis"].start()

    def _prepare(self) -> SignIns:
        say("Bringing the database up to date …")
        program = self._command(Program(programs.prepare(self.config)))
        follower = Follower({"prepare": program.plan.log})
        program.start()
        child = _started(program)
        deadline = time.monotonic() + PREPARE_SECONDS
        while not child.wait(TICK) and time.monotonic() < deadline:
            for name, line in follower.lines():
                say_of(name, line)
        if not child.ended() or child.returncode != 0:
            raise CannotStartError(_with_log("The database could not be set up", program))
        try:
            return SignIns.parse(child.output())
        except (ValueError, KeyError, TypeError) as error:
            message = "The set-up of a first start did not say who can sign in"
            raise CannotStartError(_with_log(message, program)) from error

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        web = self.servers["web"]
        answer = ""
        while time.monotonic() < deadline:
            for name in ("web", "worker", "beat"):
                self._restart_if_ended(name)
            status, answer = _get(self.options.url, "/readyz")
            if status == http.HTTPStatus.OK:
                return
            time.sleep(TICK)
        sentence = f"Aegis was not ready after {READY_SECONDS:.0f} seconds; /readyz says: {answer}"
        raise CannotStartError(_with_log(sentence, web))

    # Run --------------------------------------------------------------------------------------

    def _supervise(self) -> None:
        logs = {name: self.config.logs / f"{name}.log" for name in ("web", "worker", "beat")}
        follower = Follower(logs)
        self._command(Program(programs.verify(self.config))).start()
        pause = threading.Event()
        while True:
            for name in self.servers:
                self._restart_if_ended(name)
            for name, line in follower.lines():
                say_of(name, line)
            follower.shorten()
            self._report_commands()
            pause.wait(TICK)

    def _restart_if_ended(self, name: str) -> None:
        server = self.servers[name]
        if server.child is None or not server.child.ended():
            return
        self._count_end(name, server)
        say(f"{name} {server.child.describe_end()}; starting it again.")
        if name == "PostgreSQL":
            # Sessions are gone with it; whoever had one begins anew.
            above = ("web", "worker", "beat")
            for other in above:
                self.servers[other].stop()
            self._start_servers_again()
            for other in reversed(above):
                self.servers[other].start()
        else:
            server.start()

    def _start_servers_again(self) -> None:
        with held(self.config.data / "postgres.start"):
            self.servers["PostgreSQL"].start()

    def _count_end(self, name: str, server: Server) -> None:
        now = time.monotonic()
        ends = self._ends[name]
        ends.append(now)
        while ends[0] < now - SPAN_SECONDS:
            ends.popleft()
        if len(ends) > MOST_ENDS:
            sentence = f"{name} ended {len(ends)} times within {SPAN_SECONDS:.0f} seconds"
            raise CannotStartError(_with_log(sentence, server))
        if len(ends) > 1:
            time.sleep(len(ends) - 1)

    def _command(self, program: Program) -> Program:
        self._commands.append(program)
        return program

    def _report_commands(self) -> None:
        """Print what the check of the audit log found."""
        for program in self._commands:
            child = program.child
            if child is None or program.plan.name != "verify" or not child.ended():
                continue
            lines = child.output().splitlines() or child.last_lines(3)
            for line in lines:
                say_of("audit", line)
            if child.returncode != 0:
                say_of("audit", f"The audit log was NOT verified (see {program.plan.log}).")
            program.child = None

    # Stop -------------------------------------------------------------------------------------

    def _stop(self) -> None:
        """Stop in order: what rests on others first. A second request makes it hurry."""
        order: Sequence[Server] = [
            *(self.servers[name] for name in ("web", "worker", "beat")),
            *self._commands,
            *(self.servers[name] for name in ("Redis", "PostgreSQL") if name in self.servers),
        ]
        hurry = False
        for server in order:
            while True:
                try:
                    server.stop(hurry=hurry)
                    break
                except StopRequested:
                    hurry = True


def _started(program: Program) -> Child:
    if program.child is None:
        message = f"{program.plan.name} has not been started."
        raise RuntimeError(message)
    return program.child


def _with_log(sentence: str, server: Server) -> str:
    if server.child is None:
        return f"{sentence}."
    path = server.child.plan.log
    lines = "\n".join(f"  {line}" for line in tail(path, 12))
    return f"{sentence}.\nThe last lines of {path}:\n{lines}"


def _get(url: str, path: str) -> tuple[int, str]:
    """Ask the web server, without the proxies that the environment may name."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read(2000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return 0, f"no answer ({error})"
    finally:
        connection.close()
