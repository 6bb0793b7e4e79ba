"""What a run and the files beside a model tell of it: facts, and a draft of the card. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from imports.sources.mlflow.answers import DatasetInput, KeptModel, Run
from imports.sources.mlflow.descriptions import Description
from imports.sources.mlflow.texts import Sieve, line
from imports.sources.protocol import FoundMetric
from registry.cards import SECTION_LENGTH
from registry.facts import ENTRIES

TAGS: Final = 200
OURS: Final = "aegis.registry."

_KEY: Final = 250
_VALUE: Final = 6_000
_DATASETS: Final = 50
_LISTED: Final = 200
_COMMIT: Final = re.compile(r"[0-9a-f]{7,64}")
_PYTHON: Final = re.compile(r"[0-9]{1,2}\.[0-9]{1,3}(?:\.[0-9]{1,3})?(?:[a-z0-9.+-]{0,20})")
_TRAINING: Final = frozenset({"training", "train"})


@dataclass(frozen=True, slots=True)
class ToldDataset:
    """A data set as the fact that it makes, and what the run read it for."""

    fact: dict[str, Any]
    context: str


def datasets_of(run: Run | None, sieve: Sieve) -> tuple[ToldDataset, ...]:
    """Return the data sets that a run has read, the first of them."""
    found = (_dataset(each, sieve) for each in (run.datasets[:_DATASETS] if run else ()))
    return tuple(each for each in found if each is not None)


def facts_of(
    run: Run | None,
    model: KeptModel | None,
    description: Description,
    datasets: tuple[ToldDataset, ...],
    sieve: Sieve,
) -> dict[str, Any]:
    """Return the facts that are told; what may not be kept stays in ``sieve``."""
    tags = {**(run.tags if run else {}), **(model.tags if model else {})}
    params = {**(run.params if run else {}), **(model.params if model else {})}
    facts: dict[str, Any] = {
        "dataset": _main(datasets),
        "code_version": _code(tags),
        "framework": line(description.framework),
        "framework_version": line(description.framework_version),
        "architecture": line(tags.get("estimator_name", "")),
        "trained_by": line(run.user if run else tags.get("mlflow.user", "")),
        "python": description.python if _PYTHON.fullmatch(description.python) else "",
        "params": _kept(sieve, "parameters", params),
        "environment": _kept(sieve, "packages", description.packages),
        "model_signature": _kept(sieve, "columns", description.signature),
        "run_tags": sieve.pairs(
            _own_tags(tags).items(), what="tags", most=TAGS, key=_KEY, value=_VALUE
        ),
    }
    return {name: value for name, value in facts.items() if value}


def card_of(
    *,
    run: Run | None,
    description: Description,
    datasets: tuple[ToldDataset, ...],
    facts: Mapping[str, Any],
    metrics: tuple[FoundMetric, ...],
    sieve: Sieve,
) -> dict[str, str]:
    """Return a draft of the sections of which something is told."""
    note = run.tags.get("mlflow.note.content", "") if run else ""
    sections = {
        "overview": sieve.text(note, what="texts", name="note of the run", limit=SECTION_LENGTH),
        "training_data": _training_data(datasets),
        "evaluation": _evaluation(metrics),
        "dependencies": _dependencies(description, facts),
    }
    return {name: text for name, text in sections.items() if text}


def _kept(sieve: Sieve, what: str, pairs: Mapping[str, str]) -> dict[str, str]:
    return sieve.pairs(pairs.items(), what=what, most=ENTRIES, key=_KEY, value=_VALUE)


def _own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that people set: not those of MLflow, and not those of Aegis."""
    return {name: words for name, words in tags.items() if not name.startswith(("mlflow.", OURS))}


def _main(datasets: tuple[ToldDataset, ...]) -> dict[str, Any] | None:
    """Return the data set that the model was trained on, by its context, else the first."""
    trained = (each.fact for each in datasets if each.context.lower() in _TRAINING)
    return next(trained, datasets[0].fact if datasets else None)


def _dataset(dataset: DatasetInput, sieve: Sieve) -> ToldDataset | None:
    name = line(dataset.name)
    if not name:
        return None
    place = sieve.text(_address(dataset), what="addresses of data sets", limit=200, name=name)
    # MLflow's digest is a short one of its own, which tells states of a data set apart.
    found = {"name": name, "version": line(dataset.digest), "uri": line(place or "")}
    fact: dict[str, Any] = {key: value for key, value in found.items() if value}
    if dataset.rows is not None and dataset.rows >= 0:
        fact["rows"] = dataset.rows
    return ToldDataset(fact, line(dataset.context))


def _address(dataset: DatasetInput) -> str:
    """Return where a data set is, without a name or password; empty where that is not told."""
    try:
        source = json.loads(dataset.source)
    except (ValueError, RecursionError):
        return ""
    found = source if isinstance(source, dict) else {}
    for key in ("url", "uri", "path"):
        if isinstance(found.get(key), str):
            return _without_password(found[key])
    return ""


def _without_password(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _code(tags: Mapping[str, str]) -> str:
    commit = tags.get("mlflow.source.git.commit", "")
    if not _COMMIT.fullmatch(commit):
        return ""
    repository = line(_without_password(tags.get("mlflow.source.git.repoURL", "")), limit=150)
    is_one_word = repository and not re.search(r"\s", repository)
    return f"{repository}@{commit}" if is_one_word else commit


def _training_data(datasets: tuple[ToldDataset, ...]) -> str:
    found = []
    for dataset in datasets:
        told = dataset.fact
        rows = f", {told['rows']:,} rows" if "rows" in told else ""
        version = f", digest {told['version']}" if "version" in told else ""
        place = f", from {told['uri']}" if "uri" in told else ""
        context = f" ({dataset.context})" if dataset.context else ""
        found.append(f"- {told['name']}{version}{rows}{place}{context}")
    return _listing("The run read these data sets, as MLflow names them:", found)


def _evaluation(metrics: tuple[FoundMetric, ...]) -> str:
    found = [
        f"- {metric.name}: {metric.value:.6g}{f' on {metric.dataset}' if metric.dataset else ''}"
        for metric in metrics
    ]
    return _listing("The run states these values; no report shows them yet:", found)


def _dependencies(description: Description, facts: Mapping[str, Any]) -> str:
    python = [f"- Python {facts['python']}"] if "python" in facts else []
    packages = [f"- {name} {rule}".rstrip() for name, rule in facts.get("environment", {}).items()]
    flavors = ", ".join(filter(None, map(line, description.flavors)))
    flavored = [f"- Flavors of MLflow: {flavors}"] if flavors else []
    return _listing("MLflow wrote down that it runs with:", [*python, *packages, *flavored])


def _listing(title: str, lines: list[str]) -> str:
    if not lines:
        return ""
    further = [f"- and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
    return "\n".join([title, "", *lines[:_LISTED], *further])[:SECTION_LENGTH]
