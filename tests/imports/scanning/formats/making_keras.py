"""Make Keras models with Keras's NumPy backend: ``python -m … FOLDER``.

This Keras takes two Fourier transforms for its NumPy backend from jax, which no layer here uses;
a stand-in for jax answers the import and nothing else.
"""

import json
import os
import sys
import types
from pathlib import Path


class Nothing(types.ModuleType):
    """A module with every name in it."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> "Nothing":
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing(name)


def without_jax() -> None:
    names = ("jax", "jax.numpy", "jax.lax", "keras.src.backend.jax", "keras.src.backend.jax.math")
    for name in names:
        sys.modules[name] = Nothing(name)


def main(folder: Path) -> None:
    import h5py
    import keras

    entry = keras.Input((4,))
    first = keras.layers.Dense(3, activation="relu", kernel_regularizer="l2")(entry)
    second = keras.layers.Dense(3, activation=keras.activations.gelu)(first)
    added = keras.layers.Dropout(0.1)(keras.layers.Add()([first, second]))
    normal = keras.layers.BatchNormalization()(added)
    model = keras.Model(entry, keras.ops.sum(normal, axis=1))
    model.compile("adam", keras.losses.mean_squared_error, metrics=["mae"])
    model.save(folder / "functional.keras")
    model.save(folder / "functional.h5")
    model.save_weights(folder / "functional.weights.h5")
    text = json.dumps({"class_name": "Sequential", "config": {"name": "x" * 40_000}})
    with h5py.File(folder / "fixed.h5", "w") as file:
        file.attrs.create("model_config", text.encode(), dtype=f"S{len(text)}")
    layers = [keras.Input((4,)), keras.layers.LSTM(2), keras.layers.Embedding(3, 2)]
    keras.Sequential([keras.Input((4, 2)), layers[1]]).save(folder / "recurrent.keras")
    shifted = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda value: value * 2)])
    shifted.save(folder / "lambda.keras")
    shifted.save(folder / "lambda.h5")


if __name__ == "__main__":
    os.environ["KERAS_BACKEND"] = "numpy"
    without_jax()
    main(Path(sys.argv[1]))
