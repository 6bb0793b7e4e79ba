"""The tracking server of these tests."""

from tests.servers.mlflow import tracking

tracked = tracking.tracked
tracking_server = tracking.tracking_server
