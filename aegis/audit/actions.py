"""The actions that the audit log knows, each with the sentence that pages show.

An app declares its actions in its module ``actions``; an undeclared one cannot
be recorded. A sentence continues after the actor's name.
"""

_SENTENCES: dict[str, str] = {}


def declare(sentences: dict[str, str]) -> None:
    """Add the actions of one app, as ``{"subject:action": "did something"}``."""
    _SENTENCES.update(sentences)


def is_declared(action: str) -> bool:
    """Say whether ``action`` may be recorded."""
    return action in _SENTENCES


def sentence_of(action: str) -> str:
    """Return what an actor did, to be read after their name; the action if it is unknown."""
    return _SENTENCES.get(action, action)


def all_actions() -> dict[str, str]:
    """Return every declared action with its sentence, in order."""
    return dict(sorted(_SENTENCES.items()))
