"""Sessions with the database that end in the middle: it was restarted, or somebody ended them."""

from django.db import InterfaceError, OperationalError, connection


def ended_session(error: Exception) -> bool:
    """Say whether the database ended a session with ``error``, or could not be reached at all.

    Otherwise it refused a statement. Without SQLSTATE the driver speaks: the connection is gone.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(("08", "57P"))


def leave_broken_session() -> None:
    """Let the next word to the database open another session, if that of this thread broke."""
    if not connection.is_usable():
        connection.close()
