"""People, teams and tokens."""

from aegis.accounts.models.tokens import ApiToken, IdempotencyKey
from aegis.accounts.models.users import ADMINISTRATORS, AUDITORS, Team, User

__all__ = ["ADMINISTRATORS", "AUDITORS", "ApiToken", "IdempotencyKey", "Team", "User"]
