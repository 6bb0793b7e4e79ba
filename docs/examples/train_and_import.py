"""Train, log the run to MLflow, have Aegis import it, and ask for its promotion.

MLFLOW_TRACKING_URI, AEGIS_URL and AEGIS_TOKEN say where and as whom. The arguments are the name of
the model, its team and, if it is not to be the default, the signing key.
"""

import sys

from train import ARTIFACT_PATH, train

from aegis.sdk import ModelRegistry, promote_mlflow_run


def main(model_name: str, team: str, sign_key: str | None = None) -> None:
    """Bring a freshly trained model in, and ask that it be moved to Staging."""
    run_id = train()
    version = promote_mlflow_run(run_id, ARTIFACT_PATH, model_name, sign_key, team=team)
    print(f"{version.name} is registered, signed, with the digest {version.digest}.")
    if version.quarantined_at:
        sys.exit(f"{version.name} is in quarantine; its page says why.")
    with ModelRegistry() as registry:
        reason = f"Trained by run {run_id}."
        request = registry.promote(version.model, version.number, "Staging", reason=reason)
    print(f"Request {request['number']} waits for its reviewers.")


if __name__ == "__main__":
    main(*sys.argv[1:])
