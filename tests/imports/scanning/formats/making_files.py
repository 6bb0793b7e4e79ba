"""Make one real file of each format with the library that owns it: ``python -m … FOLDER``.

It runs as a process of its own: the libraries are slow to load, and they warn.
"""

import io
import json
import sys
from pathlib import Path

import gguf
import h5py
import lightgbm
import numpy as np
import onnx
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import skops.io
import xgboost
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.imports.scanning.formats.chat import CHATML

RANDOM = np.random.default_rng(7)
ROWS = RANDOM.normal(size=(200, 5))
LABELS = (ROWS[:, 0] > 0).astype(int)


def arrays(folder: Path) -> None:
    kinds = {
        "plain": ROWS,
        "fortran": np.asfortranarray(ROWS),
        "unsigned": np.arange(5, dtype="u1"),
        "booleans": np.array([True, False]),
        "empty": np.zeros((0, 3)),
        "scalar": np.float32(3),
        "text": np.array(["é", "long text"]),
        "bytes": np.array([b"a", b"bcd"]),
        "dates": np.array(["2026-01-01"], dtype="M8[D]"),
        "complex": np.ones(3, dtype="c16"),
        "record": np.zeros(3, dtype=[("a", "<i4"), ("b", "<U5", (2,)), ("c", [("d", "?")])]),
        "aligned": np.zeros(2, dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True)),
    }
    for name, array in kinds.items():
        np.save(folder / f"{name}.npy", array)
    np.savez(folder / "arrays.npz", a=ROWS, b=LABELS)
    np.savez_compressed(folder / "compressed.npz", a=ROWS, b=LABELS)
    save_file(
        {"a": ROWS.astype("f4"), "b": np.zeros((0,), "i8"), "c": np.ones((), "f2")},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )


def boosters(folder: Path) -> None:
    trees = xgboost.train(
        {"objective": "binary:logistic"}, xgboost.DMatrix(ROWS, label=LABELS), num_boost_round=5
    )
    trees.save_model(folder / "xgboost.json")
    trees.save_model(folder / "xgboost.ubj")
    light = lightgbm.train(
        {"objective": "binary", "verbose": -1}, lightgbm.Dataset(ROWS, label=LABELS), 5
    )
    light.save_model(folder / "lightgbm.txt")


def graphs(folder: Path) -> None:
    weights = numpy_helper.from_array(RANDOM.normal(size=(5, 3)).astype("f4"), "W")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "W"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 3])],
        [weights],
    )
    model = helper.make_model(
        graph, producer_name="tests", opset_imports=[helper.make_opsetid("", 21)]
    )
    helper.set_model_props(model, {"author": "tests"})
    onnx.save(model, folder / "model.onnx")
    onnx.save(
        model, folder / "external.onnx", save_as_external_data=True, size_threshold=0,
        location="external.weights",
    )  # fmt: skip
    (folder / "external.weights").unlink()


def language_models(folder: Path) -> None:
    writer = gguf.GGUFWriter(folder / "model.gguf", "llama")
    writer.add_context_length(10)
    writer.add_chat_template(CHATML)
    writer.add_token_list(["a", "b", "c"])
    writer.add_token_scores([0.5, 1.5, 2.5])
    writer.add_tensor("plain", np.ones((4, 8), "f4"))
    writer.add_tensor("half", np.ones((3,), "f2"))
    writer.add_tensor("blocks", np.zeros((2, 34), "u1"), raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    configuration = {"chat_template": CHATML, "model_max_length": 10**30, "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(configuration))


def pipelines(folder: Path) -> None:
    forest = make_pipeline(StandardScaler(), RandomForestClassifier(3))
    skops.io.dump(forest.fit(ROWS, LABELS), folder / "forest.skops")
    skops.io.dump(LogisticRegression().fit(ROWS, LABELS), folder / "regression.skops")


def tables(folder: Path) -> None:
    table = pa.table({"a": [1, 2], "b": ["x", "y"]})
    pyarrow.parquet.write_table(table, folder / "table.parquet")
    pyarrow.feather.write_feather(table, folder / "table.feather")
    with (
        pa.OSFile(str(folder / "table.arrow"), "wb") as file,
        pa.ipc.new_stream(file, table.schema) as stream,
    ):
        stream.write_table(table)


def hierarchies(folder: Path) -> None:
    """Make HDF5 in the forms that libraries choose: old groups, new groups, a large attribute."""
    with h5py.File(folder / "many.h5", "w") as file:
        for number in range(300):
            file.create_dataset(f"group/{number}/weights", data=ROWS[:3])
        file.attrs["layer_names"] = np.array([b"dense", b"other"])
    with h5py.File(folder / "compressed.h5", "w") as file:
        file.create_dataset("x", data=ROWS, compression="gzip", chunks=True, shuffle=True)
        file["same"] = file["x"]
        file["soft"] = h5py.SoftLink("/x")
    with h5py.File(folder / "latest.h5", "w", libver="latest") as file:
        file.create_dataset("x", data=ROWS)
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {}})


def main(folder: Path) -> None:
    for make in (arrays, boosters, graphs, language_models, pipelines, tables, hierarchies):
        make(folder)


if __name__ == "__main__":
    sys.stdout = io.StringIO()
    main(Path(sys.argv[1]))
