"""The Celery application as the tests' worker runs it: it counts what it does."""

from aegis.celery import app
from tests.harness import run
from tests.harness.counting import Counter

Counter(run.worker_redis_url()).count()

__all__ = ["app"]
