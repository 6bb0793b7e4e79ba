"""The tracking server of these tests, under the name that a person gives."""

from tests.servers.mlflow.tracking import tracked as tracked
from tests.servers.mlflow.tracking import tracking_server as tracking_server
