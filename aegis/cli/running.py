"""Running a command: each error is a sentence on stderr and an exit code, never a traceback."""

import functools
import json
import shlex
import sys
from collections.abc import Callable
from typing import ParamSpec

import typer

from aegis.cli.exits import Exit, exit_of
from aegis.cli.output import tell
from aegis.problems import Refusal
from aegis.sdk import VerificationFailed, WaitInterrupted

P = ParamSpec("P")


def answering(command: Callable[P, int]) -> Callable[P, None]:
    """Return ``command`` as typer runs it: what it returns or raises becomes the exit code."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except Refusal as refusal:
            _say(refusal, as_json=bool(kwargs.get("as_json")))
            code = exit_of(refusal)
        except WaitInterrupted as wait:
            tell(f"{wait.sentence}; wait with: {wait.command}", to_stderr=True)
            code = Exit.INTERRUPTED
        except KeyboardInterrupt:
            again = shlex.join(["aegis", *sys.argv[1:]])
            stopped = f"Stopped. What has arrived is kept; go on with: {again}"
            tell(stopped, to_stderr=True)
            code = Exit.INTERRUPTED
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            tell(f"It failed: {error.strerror or error}{where}.", to_stderr=True)
            code = Exit.FAILED
        raise typer.Exit(code)

    return run


def _say(refusal: Refusal, *, as_json: bool) -> None:
    tell(" ".join(filter(None, (refusal.sentence, refusal.mend))), to_stderr=True)
    # What a verification found was printed already.
    if as_json and not isinstance(refusal, VerificationFailed):
        error = {"code": refusal.code, "sentence": refusal.sentence, "mend": refusal.mend}
        print(json.dumps({"error": {**refusal.details, **error}}, indent=2))
