"""A Django app of the tests: a ``flush`` that respects guards, and a task to try workers with."""
