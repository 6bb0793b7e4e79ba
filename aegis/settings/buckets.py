"""How Aegis speaks to S3: the one client configuration, of packages and of small files alike."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from botocore.config import Config

OPTIONS: Final = frozenset({"endpoint_url", "region", "public_endpoint_url", "links"})
CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 60


def client_config(options: Mapping[str, str], *, attempts: int = 1) -> "Config":
    """Return what boto3 is told, with ``attempts`` at most for each request."""
    # Loading it takes a third of a second, which who keeps files in a folder need not wait.
    from botocore.config import Config  # noqa: PLC0415

    return Config(
        # Presigned addresses of the older version are refused by many servers (measured).
        signature_version="s3v4",
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        # A proxy variable that was set for something else shall not see the packages.
        proxies={},
        max_pool_connections=32,
        # Servers beside Amazon's seldom have a name of their own for each bucket.
        s3={"addressing_style": "path" if options.get("endpoint_url") else "auto"},
        # Checksums are named where they are wanted; many servers do not know the default ones.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def mistake(options: Mapping[str, str]) -> str | None:
    """Return what is wrong with the options of an ``s3:`` address, as the end of a sentence."""
    if unknown := options.keys() - OPTIONS:
        return f"has options that Aegis does not know: {', '.join(sorted(unknown))}"
    for name in ("endpoint_url", "public_endpoint_url"):
        if name in options and not _is_address(options[name]):
            return f"must give {name} as https://host or https://host:port"
    if options.get("links", "1") not in {"0", "1"}:
        return "must give links as 1 or 0"
    return None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # Reading it is what checks it.
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
