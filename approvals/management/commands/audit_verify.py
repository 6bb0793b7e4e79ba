"""Check the audit log and what the tables say beside it."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from aegis.audit.verify import Verification, verify_log
from approvals.replay import Replay, replay


class Command(BaseCommand):
    """Verify the chain of the audit log, replay the stages from it, and name what is wrong."""

    help = "Verify the audit log: its chain, and the stages that follow. Exit code 1 if not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the form of the answer."""
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Print what was found, and end with 1 if anything is wrong."""
        chain = verify_log()
        replayed = replay()
        write = self._as_json if options["json"] else self._as_words
        write(chain, replayed)
        if not (chain.holds and replayed.holds):
            sys.exit(1)

    def _as_json(self, chain: Verification, replayed: Replay) -> None:
        answer = {
            "holds": chain.holds and replayed.holds,
            "entries": chain.entries,
            "head": chain.head,
            "bad": asdict(chain.bad) if chain.bad else None,
            "versions": replayed.versions,
            "requests": replayed.requests,
            "findings": [asdict(finding) for finding in replayed.findings],
        }
        self.stdout.write(json.dumps(answer, indent=2))

    def _as_words(self, chain: Verification, replayed: Replay) -> None:
        if chain.bad:
            self.stdout.write(f"Entry {chain.bad.seq} is bad: {chain.bad.reason}.")
            self.stdout.write(f"The {chain.entries} entries before it hold.")
        else:
            self.stdout.write(f"All {chain.entries} entries hold; the last hash is {chain.head}.")
        for finding in replayed.findings:
            where = f"Entry {finding.seq}: " if finding.seq else ""
            self.stdout.write(f"{where}{finding.sentence}")
        if replayed.holds:
            self.stdout.write(
                f"The stages of {replayed.versions} versions and the states of "
                f"{replayed.requests} requests follow from the log."
            )
