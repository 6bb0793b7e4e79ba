"""The queues of tasks, and which of them one worker may serve without starving another.

The settings say which task goes to which queue.
"""

from typing import Final

PROMPT: Final = ("default", "signing", "mail")
"""Of what people wait for, and of what takes seconds."""
LONG: Final = ("imports", "packages")
"""Of what may take hours: bringing versions in, and reading stored packages through."""
ALL: Final = PROMPT + LONG
