"""Models of an MLflow tracking server, as a source of imports."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from aegis.problems import Invalid
from aegis.proof.streams import Readable
from aegis.settings.tracking import TrackingServer
from imports.sources.mlflow.answers import FINISHED
from imports.sources.mlflow.artifacts import open_file
from imports.sources.mlflow.asking import API, FILE_SECONDS, Tracking
from imports.sources.mlflow.descriptions import Description, read_description
from imports.sources.mlflow.measures import chosen
from imports.sources.mlflow.references import MODEL_ID, RUN_ID, parse_reference
from imports.sources.mlflow.resolving import (
    Located,
    get_model,
    get_run,
    locate,
    model_missing,
    run_missing,
)
from imports.sources.mlflow.texts import Sieve, line
from imports.sources.mlflow.told import OURS, card_of, datasets_of, facts_of
from imports.sources.protocol import Notice, Plan, PlannedFile

_TAG_VALUE: Final = 5_000


class MlflowSource:
    """The models of one tracking server."""

    kind: ClassVar[str] = "mlflow"

    def __init__(self, server: TrackingServer) -> None:
        self._server = server

    def plan(self, reference: Mapping[str, Any]) -> Plan:
        """Look up what ``reference`` names; see ``Source.plan``.

        An alias and a version of MLflow's registry are pinned to their run or logged model.
        """
        named = parse_reference(reference)
        with Tracking(self._server) as tracking:
            located = locate(tracking, named)
            description = read_description(tracking, located.folder)
        return self.plan_of(located, description)

    @contextmanager
    def open(
        self,
        plan: Plan,  # noqa: ARG002 -- The protocol's; the file's place says it all.
        file: PlannedFile,
        *,
        offset: int,
    ) -> Generator[Readable, None, None]:
        """Open the bytes of ``file`` from ``offset`` to its end; see ``Source.open``."""
        with (
            Tracking(self._server, seconds=FILE_SECONDS) as tracking,
            open_file(tracking, file, offset=offset) as stream,
        ):
            yield stream

    def annotate(self, plan: Plan, tags: Mapping[str, str]) -> None:
        """Set ``aegis.registry.*`` tags on the run, and on the logged model where there is one.

        Setting the same again changes nothing.
        """
        pairs = [{"key": _checked(key), "value": tags[key][:_TAG_VALUE]} for key in sorted(tags)]
        run_id, model_id = _pinned(plan)
        with Tracking(self._server) as tracking:
            if run_id:
                content = {"run_id": run_id, "tags": pairs}
                missing = run_missing(tracking, run_id)
                tracking.change("POST", f"{API}/runs/log-batch", content, missing=missing)
            if model_id:
                path = f"{API}/logged-models/{model_id}/tags"
                missing = model_missing(tracking, model_id)
                tracking.change("PATCH", path, {"tags": pairs}, missing=missing)

    def read_back(self, plan: Plan) -> dict[str, str]:
        """Return the ``aegis.registry.*`` tags that the run has now, else the logged model's."""
        run_id, model_id = _pinned(plan)
        with Tracking(self._server) as tracking:
            found = get_run(tracking, run_id) if run_id else get_model(tracking, model_id)
        return {
            name: line(words, limit=_TAG_VALUE)
            for name, words in sorted(found.tags.items())
            if name.startswith(OURS)
        }

    def plan_of(self, located: Located, description: Description) -> Plan:
        """Return the plan of what was located; nobody is asked."""
        sieve = Sieve()
        run, model = located.run, located.model
        metrics, left_out_metrics = chosen(run, model)
        datasets = datasets_of(run, sieve)
        facts = facts_of(run, model, description, datasets, sieve)
        card = card_of(
            run=run,
            description=description,
            datasets=datasets,
            facts=facts,
            metrics=metrics,
            sieve=sieve,
        )
        run_id = run.run_id if run else ""
        facts |= {"source_uri": _uri(located), "source_revision": run_id or _subject(located)}
        return Plan(
            identity=f"mlflow:{self._server.name}/{run_id or '-'}/{_subject(located)}",
            shown=self._shown(located),
            files=located.files,
            url=self._url(located),
            pinned=self._pins(located),
            facts=facts,
            metrics=metrics,
            left_out_metrics=left_out_metrics,
            card=card,
            about_model=_about(facts, card),
            notices=(*_notices(located, description), *sieve.notices),
        )

    def _pins(self, located: Located) -> dict[str, str]:
        run, model = located.run, located.model
        pins = {
            "server": self._server.name,
            "tracking_uri": self._server.uri,
            "run_id": run.run_id if run else "",
            "run_name": line(run.name) if run else "",
            "artifact_path": located.path,
            "artifact_uri": line(model.artifact_uri if model else run.artifact_uri if run else ""),
            "model_id": model.model_id if model else "",
            "experiment": _experiment(located),
            **{name: line(words) for name, words in located.registered.items()},
        }
        return {name: value for name, value in pins.items() if value}

    def _shown(self, located: Located) -> str:
        run, model = located.run, located.model
        registered = located.registered
        if registered:
            name = line(registered["registered_model"])
            subject = f"{name} version {line(registered['registered_version'])}"
        else:
            subject = (line(model.name) or model.model_id) if model else located.path
            subject = f"{subject}/{located.path}" if model and located.path else subject
        of_run = f" of run {line(run.name) or run.run_id}" if run else ""
        return f"{subject}{of_run} on {self._server.name}"

    def _url(self, located: Located) -> str:
        page = f"{self._server.uri}/#/experiments/{_experiment(located)}"
        if located.model:
            return f"{page}/models/{located.model.model_id}"
        return f"{page}/runs/{located.run.run_id}" if located.run else ""


def _subject(located: Located) -> str:
    """Return what of the run it is: the logged model and what of it, or the artifact's path."""
    if located.model is None:
        return located.path
    return f"{located.model.model_id}/{located.path}".rstrip("/")


def _uri(located: Located) -> str:
    if located.model is None and located.run is not None:
        return f"runs:/{located.run.run_id}/{located.path}"
    return f"models:/{_subject(located)}"


def _experiment(located: Located) -> str:
    found = located.run or located.model
    experiment = found.experiment_id if found else ""
    return experiment if experiment.isalnum() and experiment.isascii() else ""


def _about(facts: Mapping[str, Any], card: Mapping[str, str]) -> dict[str, Any]:
    """Return what a registered model that is not there yet begins with."""
    first = card.get("overview", "").partition("\n\n")[0]
    about = {"framework": facts.get("framework", ""), "description": first}
    return {name: value for name, value in about.items() if value}


def _notices(located: Located, description: Description) -> list[Notice]:
    notices = []
    run, model = located.run, located.model
    if run is not None and run.status != FINISHED:
        status = line(run.status) or "not known"
        notices.append(
            Notice(
                "mlflow_run_not_finished",
                f"The run is not finished; its status is {status}. What it logs from now on does "
                "not come along.",
            )
        )
    if model is not None and "PENDING" in model.status:
        sentence = "MLflow does not say yet that the logged model is complete."
        notices.append(Notice("mlflow_model_pending", sentence))
    if description.unread:
        names = ", ".join(description.unread)
        sentence = f"Nothing could be read from {names}: it is too large, or not what it should be."
        notices.append(Notice("mlflow_description_unread", sentence))
    return notices


def _checked(tag: str) -> str:
    if not tag.startswith(OURS):
        raise Invalid("mlflow_tag_not_ours", f"Aegis sets tags that begin with {OURS} only.")
    return tag


def _pinned(plan: Plan) -> tuple[str, str]:
    """Return the run and the logged model of a plan, each empty where there is none."""
    run_id, model_id = plan.pinned.get("run_id", ""), plan.pinned.get("model_id", "")
    return (
        run_id if RUN_ID.fullmatch(run_id) else "",
        model_id if MODEL_ID.fullmatch(model_id) else "",
    )
