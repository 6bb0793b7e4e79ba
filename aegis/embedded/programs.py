"""How the programs of Aegis itself are run: web, workers, beat, and the commands of a start."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from aegis import queues
from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.options import ROOT, Options
from aegis.embedded.processes import Child, Plan

# Marks the processes of a stack, so that the next start finds those of one that was killed.
MARK = "AEGIS_STACK"

# No program that runs on needs it, and its environment can be read by whoever may read it.
ONLY_FOR_SET_UP = frozenset({"AEGIS_ADMIN_TOKEN"})


class Program:
    """A program of Aegis that the stack keeps running."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.child: Child | None = None

    def start(self) -> Child:
        """Start the program."""
        self.child = Child(self.plan)
        return self.child

    def stop(self, *, hurry: bool = False) -> None:
        """Stop the program, which may finish what it is doing unless there is hurry."""
        if self.child is not None:
            self.child.stop(hurry=hurry)


def web(config: EmbeddedConfig, options: Options) -> Plan:
    """Serve pages and interfaces."""
    arguments = ["-m", "aegis.embedded.web", options.host.strip("[]"), str(options.port)]
    stop = ((signal.SIGTERM, 10.0),)
    plan = _plan("web", config, arguments, stop=stop)
    # It ends its own processes when it is asked to, and could not when it is killed.
    return replace(plan, death_signal=signal.SIGTERM)


def worker(config: EmbeddedConfig) -> Plan:
    """Run what people wait for."""
    return _worker("worker", "aegis", queues.PROMPT, config)


def importer(config: EmbeddedConfig) -> Plan:
    """Run what takes long, so that nothing else waits behind it."""
    return _worker("importer", "imports", queues.LONG, config)


def _worker(name: str, host: str, served: Sequence[str], config: EmbeddedConfig) -> Plan:
    """Run tasks in four threads of one process; SIGQUIT gives up those that take too long."""
    arguments = [
        *("-m", "celery", "-A", "aegis.celery", "worker"),
        *("--pool", "threads", "--concurrency", "4", "--queues", ",".join(served)),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        *("--hostname", f"{host}@%h", "--loglevel", "INFO"),
    ]
    stop = ((signal.SIGTERM, 10.0), (signal.SIGQUIT, 3.0))
    return _plan(name, config, arguments, stop=stop)


def beat(config: EmbeddedConfig) -> Plan:
    """Send the tasks that are due; its timetable is code, so its memory of it may be lost."""
    schedule = config.data / "beat-schedule"
    arguments = [
        *("-m", "celery", "-A", "aegis.celery", "beat", "--pidfile="),
        *("--schedule", str(schedule), "--loglevel", "INFO"),
    ]
    return _plan("beat", config, arguments, stop=((signal.SIGTERM, 5.0),))


def prepare(config: EmbeddedConfig) -> Plan:
    """Migrate, then set up what a first start sets up; the sign-ins come out as JSON."""
    plan = _plan("prepare", config, ["-m", "aegis.embedded.prepare"], captures=True)
    return replace(plan, environment=_environment(config.data, *ONLY_FOR_SET_UP))


def verify(config: EmbeddedConfig) -> Plan:
    """Check the audit log from its first entry."""
    return _plan("verify", config, ["manage.py", "audit_verify"], captures=True)


def _plan(
    name: str,
    config: EmbeddedConfig,
    arguments: Sequence[str],
    *,
    stop: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 5.0),),
    captures: bool = False,
) -> Plan:
    return Plan(
        name=name,
        argv=[sys.executable, *arguments],
        log=config.logs / f"{name}.log",
        stop=stop,
        environment=_environment(config.data),
        cwd=ROOT,
        captures=captures,
    )


def _environment(data: Path, *allowed: str) -> Mapping[str, str]:
    hidden = ONLY_FOR_SET_UP.difference(allowed)
    return {
        "DJANGO_SETTINGS_MODULE": "aegis.settings.local",
        **{name: value for name, value in os.environ.items() if name not in hidden},
        "AEGIS_DATA": str(data),
        "PYTHONUNBUFFERED": "1",
        # Celery would load all pages in order to check them, and drop what the checks say.
        "CELERY_SKIP_CHECKS": "1",
        MARK: str(data),
    }
