"""Keras configurations: which classes and functions a saved model asks Keras to build.

A Lambda layer is marshalled byte code; several other layers load pickles, models or files that
are named in the configuration (CVE-2025-1550, CVE-2025-8747, CVE-2025-9906, CVE-2025-12058,
CVE-2025-49655). What is not of Keras's own modelling modules is somebody's code.
"""

import builtins
import sys
from collections.abc import Iterator
from typing import Any, Final

from imports.scanning.examination import Examination
from imports.scanning.formats.saying import brief, inconclusive, note, unsafe
from imports.scanning.pickles.globals.dangerous import is_dangerous as is_dangerous_global

_LAMBDAS: Final = frozenset({"Lambda", "__lambda__"})
_LOADERS: Final = frozenset({"FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"})
_VALUES: Final = frozenset(
    {"__bytes__", "__ellipsis__", "__keras_tensor__", "__numpy__", "__slice__", "__tensor__",
     "__tuple__"}
)  # fmt: skip
_PACKAGES: Final = frozenset({"keras", "keras_cv", "keras_hub", "keras_nlp", "tf_keras"})
# Modules of Keras that hold layers, operations and what belongs to training, and nothing else.
_MODELLING: Final = frozenset(
    {"", "activations", "applications", "constraints", "dtype_policies", "initializers", "layers",
     "losses", "metrics", "models", "ops", "optimizers", "quantizers", "random", "regularizers"}
)  # fmt: skip
# Not objects that a model is built of, although they lie in the modules above.
_FUNCTIONS: Final = frozenset(
    {"clone_model", "deserialize", "get", "load_model", "model_from_json", "save_model"}
)
_OF_HUB: Final = frozenset({"samplers", "tokenizers"})
# Layers that Keras 2 makes of calls to TensorFlow, the modules of it that only compute, and the
# functions outside of a module that do more.
_OPERATIONS: Final = frozenset({"ClassMethod", "SlicingOpLambda", "TFOpLambda"})
_COMPUTING: Final = frozenset(
    {"__operators__", "bitwise", "dtypes", "image", "linalg", "math", "nn", "ragged", "random",
     "signal", "sparse", "strings"}
)  # fmt: skip
_ACTING: Final = frozenset(
    {"function", "load_library", "load_op_library", "numpy_function", "print", "py_function",
     "recompute_grad"}
)  # fmt: skip
_SERIALIZED_CODE: Final = frozenset({"lambda", "raw"})


def examine_object(value: dict[str, Any], place: str) -> Iterator[Examination]:
    """Yield what is to be said of one JSON object, which may be one of Keras's."""
    if value.get("function_type") in _SERIALIZED_CODE and "function" in value:
        yield _lambda(place)
    name = value.get("class_name")
    if not isinstance(name, str) or "config" not in value:
        return
    if name.rsplit(">", 1)[-1] in _LAMBDAS:
        yield _lambda(place)
    elif name in _LOADERS:
        sentence = f"The layer {name} loads code or another model from outside of the file."
        yield unsafe("keras_loading_layer", sentence, place, is_dangerous=True)
    elif name in _OPERATIONS:
        yield from _examine_operation(value["config"], place)
    elif name == "__typespec__":
        yield inconclusive("keras_typespec", "A type of TensorFlow is built by its name.", place)
    elif name not in _VALUES:
        yield from _examine_origin(name, value, place)
    yield from _examine_vocabulary(value["config"], place)


def _lambda(place: str) -> Examination:
    sentence = "A Lambda layer holds Python byte code, which runs when the model is loaded or used."
    return unsafe("keras_lambda", sentence, place, is_dangerous=True)


def _examine_origin(name: str, value: dict[str, Any], place: str) -> Iterator[Examination]:
    """Examine where Keras would look for a class or function."""
    module, registered = value.get("module"), value.get("registered_name")
    if isinstance(registered, str) and ">" in registered:
        package = registered.split(">", 1)[0].split(".", 1)[0]
        if package not in _PACKAGES or registered.rsplit(">", 1)[-1] in _LAMBDAS | _LOADERS:
            sentence = f"The object {registered} is no part of Keras: the loader needs its code."
            yield unsafe("keras_custom_object", sentence, place)
    if module is None:
        return
    if not isinstance(module, str):
        yield inconclusive("keras_module", "A module is no text.", place)
    elif module == "builtins":
        yield from _examine_builtin(name, value["config"], place)
    elif module.split(".", 1)[0] not in _PACKAGES:
        sentence = f"The object {module}.{name} is imported from outside of Keras."
        is_dangerous = is_of_python(module)
        yield unsafe("keras_custom_module", sentence, place, is_dangerous=is_dangerous)
    elif not _is_part_of_model(module, value["config"] if name == "function" else name):
        sentence = f"{module}.{name} is no part of a model, yet Keras is asked to call it."
        yield unsafe("keras_not_modelling", sentence, place, is_dangerous=True)


def _is_part_of_model(module: str, name: Any) -> bool:
    """Say whether a name of one of Keras's modules is a layer, an operation or the like.

    Keras joins module and name, so that a name with a dot leads into another module.
    """
    is_name = isinstance(name, str) and name.isidentifier()
    return is_name and name not in _FUNCTIONS and _is_modelling(module)


def _examine_builtin(name: str, config: Any, place: str) -> Iterator[Examination]:
    """Examine a function that Keras finds by its name: its own, or one of the loader's."""
    wanted = config if name == "function" else name
    if not isinstance(wanted, str) or hasattr(builtins, wanted):
        sentence = f"Keras is asked for {brief(wanted)} of Python's builtins."
        yield unsafe("keras_custom_module", sentence, place, is_dangerous=True)
    else:
        sentence = f"The function {wanted} is looked up by its name when the model is loaded."
        yield note("keras_function", sentence, place)


def _is_modelling(module: str) -> bool:
    package, _, rest = module.partition(".")
    rest = rest.removeprefix("src").removeprefix(".").removeprefix("legacy.")
    own = _MODELLING if package in {"keras", "tf_keras"} else _MODELLING | _OF_HUB
    return rest.split(".", 1)[0] in own


def _examine_operation(config: Any, place: str) -> Iterator[Examination]:
    """Examine a layer that calls a function of TensorFlow, which it finds by its name."""
    function = config.get("function") if isinstance(config, dict) else None
    root, dot, _ = function.partition(".") if isinstance(function, str) else ("", "", "")
    if not isinstance(function, str) or (root not in _COMPUTING if dot else root in _ACTING):
        sentence = f"A layer calls {brief(function)} of TensorFlow, which does more than compute."
        yield unsafe("keras_tensorflow_function", sentence, place, is_dangerous=True)


def _examine_vocabulary(config: Any, place: str) -> Iterator[Examination]:
    if isinstance(config, dict) and isinstance(config.get("vocabulary"), str):
        sentence = "A layer takes its vocabulary from a file that the configuration names."
        yield unsafe("keras_reads_file", sentence, place)


def is_of_python(module: str) -> bool:
    """Say whether a name is of Python itself, or of what no model has reason to name."""
    parent, _, name = module.rpartition(".")
    return module.split(".", 1)[0] in sys.stdlib_module_names or is_dangerous_global(parent, name)
