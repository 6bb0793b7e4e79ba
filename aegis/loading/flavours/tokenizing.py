"""What models of language take: texts as numbers, by the tokenizer beside them, and what is usual.

It is imported by the process that loads, and needs NumPy; texts need transformers.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import numpy as np

from aegis.loading.protocol import Arrays
from aegis.loading.shaping import Unfit

TOKENS: Final = "input_ids"
_TOKENIZERS: Final = ("tokenizer.json", "tokenizer_config.json")


def tokenized(folder: Path, inputs: Arrays, names: Collection[str]) -> Arrays:
    """Return what the tokenizer in ``folder`` makes of one column of texts, as far as in ``names``.

    Anything else is returned as it is. Raises ``Unfit`` for texts where there is no tokenizer.
    """
    columns = list(inputs.values())
    if len(columns) != 1 or columns[0].dtype != object or columns[0].ndim != 1:
        return inputs
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise Unfit("The input holds texts, and no tokenizer lies beside the model.")
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(
        str(folder), local_files_only=True, trust_remote_code=False
    )
    texts = [str(text) for text in columns[0].tolist()]
    made = tokenizer(texts, padding=len(texts) > 1, truncation=True, return_tensors="np")
    return {name: array for name, array in made.items() if name in names}


def completed(inputs: Arrays, names: Collection[str]) -> Arrays:
    """Add what a graph asks for and a checkpoint takes for granted: one text, whole, in order."""
    if TOKENS not in inputs:
        return inputs
    tokens = inputs[TOKENS]
    usual: dict[str, np.ndarray[Any, Any]] = {
        "attention_mask": np.ones_like(tokens),
        "token_type_ids": np.zeros_like(tokens),
        "position_ids": np.broadcast_to(np.arange(tokens.shape[-1]), tokens.shape),
    }
    return {**{name: array for name, array in usual.items() if name in names}, **inputs}
