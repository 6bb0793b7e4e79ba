"""The formats that are recognised, each in a module of its own with its ``FORMAT``.

A source is examined by every format of ``BINARY`` that recognises it and, where the content is text
(UTF-8 without controls), by every format of ``TEXT`` that does as well.
"""

from typing import Final

from imports.scanning.examination import Format
from imports.scanning.formats import (
    boosters,
    columnar,
    compressed,
    gguf,
    json_documents,
    keras_metadata,
    media,
    msgpack,
    native,
    numpy_arrays,
    onnx,
    other_archives,
    pickles,
    plain_texts,
    safetensors,
    saved_model,
    sentencepiece,
    source_code,
    tars,
    tflite,
    ubjson,
    unread,
    xml_documents,
    yaml_documents,
    zips,
)
from imports.scanning.formats.hdf5 import files as hdf5

BINARY: Final[tuple[Format, ...]] = (
    pickles.FORMAT,
    zips.TORCH,
    zips.SKOPS,
    zips.FORMAT,
    tars.FORMAT,
    compressed.FORMAT,
    other_archives.FORMAT,
    safetensors.FORMAT,
    gguf.FORMAT,
    onnx.FORMAT,
    numpy_arrays.FORMAT,
    hdf5.FORMAT,
    saved_model.FORMAT,
    keras_metadata.FORMAT,
    tflite.FORMAT,
    ubjson.FORMAT,
    boosters.CATBOOST,
    boosters.OLD_XGBOOST,
    msgpack.FORMAT,
    sentencepiece.FORMAT,
    columnar.PARQUET,
    columnar.ARROW,
    media.FORMAT,
    media.PDF,
    native.FORMAT,
    source_code.NAMED,
    unread.FORMAT,
)
TEXT: Final[tuple[Format, ...]] = (
    json_documents.FORMAT,
    yaml_documents.FORMAT,
    xml_documents.FORMAT,
    xml_documents.HTML,
    boosters.LIGHTGBM,
    source_code.FORMAT,
    plain_texts.LFS_POINTER,
    plain_texts.TEMPLATE,
)
