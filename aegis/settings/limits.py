"""How much the registry takes in. An operator raises or lowers each by the environment."""

from aegis.settings import env

_GIB = 1024**3

AEGIS_UPLOAD_FILES = env.number("AEGIS_UPLOAD_FILES", 10_000, least=1, most=10_000)
AEGIS_UPLOAD_FILE_BYTES = env.number("AEGIS_UPLOAD_FILE_BYTES", 100 * _GIB, least=1, most=2**53 - 1)
AEGIS_UPLOAD_BYTES = env.number("AEGIS_UPLOAD_BYTES", 200 * _GIB, least=1, most=2**53 - 1)
AEGIS_UPLOADS_OPEN = env.number("AEGIS_UPLOADS_OPEN", 100, least=1, most=100_000)
"""The most uploads that one account has open at a time."""
AEGIS_IMPORTS_OPEN = env.number("AEGIS_IMPORTS_OPEN", 50, least=1, most=100_000)
"""The most imports that one person has under way, from sources other than uploads."""
AEGIS_IMPORTS_AT_ONCE = env.number("AEGIS_IMPORTS_AT_ONCE", 2, least=1, most=1000)
"""The most imports of one person that run at a time; the others wait for them."""
AEGIS_EVIDENCE_BYTES = env.number(
    "AEGIS_EVIDENCE_BYTES", 50 * 1024**2, least=5 * 1024**2, most=2 * _GIB
)

# How stored packages are verified again.
AEGIS_VERIFY_DAYS = env.number("AEGIS_VERIFY_DAYS", 0, least=0, most=365)
"""0: every day up to 100 GiB of packages, every week above."""
AEGIS_VERIFY_AT_ONCE = env.number("AEGIS_VERIFY_AT_ONCE", 1, least=1, most=64)
AEGIS_VERIFY_BYTES_PER_SECOND = env.number(
    "AEGIS_VERIFY_BYTES_PER_SECOND", 100 * 1024**2, least=1024, most=2**40
)
