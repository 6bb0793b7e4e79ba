"""Who is the same person, for triggers that count people."""

from typing import Final

PERSON: Final = "(SELECT coalesce(u.same_person_as_id, u.id) FROM accounts_user u WHERE u.id = {})"
"""The SQL of the first account of the person behind the user key that fills it in."""
