"""Fill MLflow's registry for measuring: ``python -m tests.bench.mlflow_filling URI MODELS``."""

import sys

from mlflow.entities.model_registry import RegisteredModelTag
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as TrackingStore

from tests.bench.filling import VERSIONS, name_of


def fill(uri: str, count: int) -> None:
    """Make ``count`` models with three versions, two tags and an alias each."""
    TrackingStore(uri, "file:///nowhere")  # Makes the tables of both stores.
    store = SqlAlchemyStore(uri)
    for index in range(count):
        name = name_of(index)
        tags = [
            RegisteredModelTag("framework", "scikit-learn"),
            RegisteredModelTag("domain", f"domain-{index % 20}"),
        ]
        store.create_registered_model(name, tags=tags, description="A model to be read.")
        for _ in range(VERSIONS):
            store.create_model_version(name, source="file:///nowhere", run_id=None)
        store.set_registered_model_alias(name, "dev-bench", str(VERSIONS - 1))


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]))
