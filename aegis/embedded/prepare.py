"""Bring the database up to date and set up a first start: one process for both commands.

The standard output is what ``first_start`` printed: JSON with ``people`` (``name``,
``username``, ``role``, ``password`` or null) and ``notes`` (sentences).
"""

import io
import sys

import django
from django.core.management import CommandError, call_command


def main() -> None:
    """Migrate and set up; progress goes to the standard error."""
    django.setup()
    answer = io.StringIO()
    try:
        call_command("migrate", interactive=False, verbosity=0, stdout=sys.stderr)
        call_command("first_start", stdout=answer, stderr=sys.stderr)
    except CommandError as error:
        sys.exit(str(error))
    sys.stdout.write(answer.getvalue())


if __name__ == "__main__":
    main()
