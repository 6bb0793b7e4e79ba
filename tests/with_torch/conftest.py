"""Small checkpoints, made by the library itself. Without it nothing here is collected."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.imports.conftest import at_once, data_folder, model, pending, version

__all__ = ["at_once", "data_folder", "model", "pending", "version"]

collect_ignore_glob = [] if importlib.util.find_spec("optimum") else ["test_*.py"]

EXAMPLE = {"inputs": {"input_ids": [[2, 5, 7, 3], [2, 8, 6, 3]]}}
SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "vocab_size": 16,
}


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a checkpoint of each kind, and an input example in each."""
    folder = tmp_path_factory.mktemp("checkpoints")
    folder.chmod(0o755)
    for name, kind, configuration, how in _kinds():
        place = folder / name
        kind(configuration).save_pretrained(place, **how)
        (place / "input_example.json").write_text(json.dumps(EXAMPLE))
    _bring_code(folder / "code")
    return folder


def _kinds() -> Iterator[tuple[str, Any, Any, dict[str, Any]]]:
    import torch
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        GPT2Config,
        GPT2LMHeadModel,
    )

    torch.manual_seed(0)
    bert = BertConfig(**SMALL, num_labels=3)

    def half(configuration: Any) -> Any:
        return BertForSequenceClassification(configuration).to(torch.bfloat16)

    yield "half", half, bert, {}
    yield "sharded", BertForSequenceClassification, bert, {"max_shard_size": "20KB"}
    yield "pickled", BertForSequenceClassification, bert, {"safe_serialization": False}
    yield "code", BertForSequenceClassification, bert, {}
    # Its first and last layer share their weights.
    shape = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 32, "vocab_size": 16}
    yield "tied", GPT2LMHeadModel, GPT2Config(**shape, bos_token_id=0, eos_token_id=1), {}


def _bring_code(place: Path) -> None:
    """Make it a checkpoint that brings a class of its own, which must never be run."""
    configuration = json.loads((place / "config.json").read_text())
    own = {"AutoConfig": "own.OwnConfig", "AutoModelForSequenceClassification": "own.OwnModel"}
    configuration |= {"model_type": "own", "architectures": ["OwnModel"], "auto_map": own}
    (place / "config.json").write_text(json.dumps(configuration))
    (place / "own.py").write_text("raise SystemExit('It was run.')\n")
