"""Texts as the numbers that a language model takes, by the tokenizer that lies beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aegis.loading.protocol import Arrays

if TYPE_CHECKING:
    import numpy as np

_TOKENIZERS: Final = ("tokenizer.json", "tokenizer_config.json")


def tokenized(folder: Path, inputs: Arrays) -> "dict[str, np.ndarray[Any, Any]]":
    """Return what the tokenizer in ``folder`` makes of one column of texts.

    Anything else is returned as it is. Raises ``Unfit`` for texts where there is no tokenizer.
    """
    from aegis.loading.shaping import Unfit

    columns = list(inputs.values())
    if len(columns) != 1 or columns[0].dtype != object or columns[0].ndim != 1:
        return dict(inputs)
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise Unfit("The input holds texts, and no tokenizer lies beside the model.")
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(
        str(folder), local_files_only=True, trust_remote_code=False
    )
    texts = [str(text) for text in columns[0].tolist()]
    return dict(
        tokenizer(texts, padding=len(texts) > 1, truncation=True, return_tensors="np").items()
    )
