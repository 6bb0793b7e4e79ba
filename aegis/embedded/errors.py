"""Say in a sentence why the embedded stack cannot start."""


class CannotStartError(Exception):
    """The stack cannot start; the message is a sentence for the person at the terminal."""
