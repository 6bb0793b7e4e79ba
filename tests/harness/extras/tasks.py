"""A task whose effect another process can see."""

from celery import shared_task
from django.core.cache import cache


@shared_task
def remember(key: str) -> None:
    """Leave a row in the database's cache."""
    cache.set(key, "done")
