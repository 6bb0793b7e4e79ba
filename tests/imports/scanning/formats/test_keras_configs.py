import json
from typing import Any

import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.scanned import codes, is_dangerous, scan


def layer(name: str = "Dense", module: str | None = "keras.layers", **more: Any) -> Any:
    return {"module": module, "class_name": name, "config": {}, "registered_name": None, **more}


def model(*layers: Any) -> bytes:
    whole = layer("Sequential", "keras", config={"name": "model", "layers": list(layers)})
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    "ordinary",
    [
        layer(),
        layer("Functional", "keras.src.models.functional", registered_name="Functional"),
        layer("Sum", "keras.src.ops.numpy", registered_name="Sum"),
        layer("Adam", "keras.optimizers"),
        layer("DTypePolicy", "keras"),
        layer("__keras_tensor__", None),
        layer("Backbone", "keras_hub.models", registered_name="keras_hub>Backbone"),
        layer("Dense", None),
        layer("TFOpLambda", None, config={"function": "math.multiply"}),
        layer("TFOpLambda", None, config={"function": "concat"}),
        layer("SlicingOpLambda", None, config={"function": "__operators__.getitem"}),
    ],
)
def test_what_keras_itself_writes_is_data(ordinary: Any) -> None:
    found = scan(model(ordinary), "config.json")

    assert (found.verdict, found.findings) == (Verdict.DATA, ())


def test_a_function_by_its_name_is_told() -> None:
    by_name = layer("function", "builtins", config="my_loss", registered_name="function")

    found = scan(model(by_name), "config.json")

    assert (found.verdict, codes(found)) == (Verdict.DATA, {"keras_function"})


@pytest.mark.parametrize(
    ("code", "hostile"),
    [
        ("keras_lambda", layer("Lambda")),
        ("keras_lambda", layer("Lambda", None)),
        ("keras_lambda", layer("__lambda__", None, config={"code": "4wEAAAA="})),
        ("keras_lambda", layer("Custom>Lambda", None)),
        ("keras_lambda", {"function": ["4wEAAAA=", None, None], "function_type": "lambda"}),
        # CVE-2025-1550: any module could be imported, and any function of it called.
        ("keras_custom_module", layer("function", "os", config="system")),
        ("keras_custom_module", layer("Popen", "subprocess")),
        ("keras_custom_module", layer("function", "builtins", config="exec")),
        ("keras_custom_module", layer("eval", "builtins")),
        # CVE-2025-8747: Keras's own functions that fetch and open files.
        ("keras_not_modelling", layer("function", "keras.utils", config="get_file")),
        ("keras_not_modelling", layer("get_file", "keras.src.utils.file_utils")),
        # CVE-2025-9906: the switch that turns the safe mode off.
        ("keras_not_modelling", layer("function", "keras.config",
                                      config="enable_unsafe_deserialization")),
        ("keras_not_modelling", layer("function", "keras.models", config="load_model")),
        ("keras_not_modelling", layer("load_model", "keras.models")),
        ("keras_not_modelling", layer("KerasFileEditor", "keras.saving")),
        # Keras joins module and name: a dot in the name leads into another module.
        ("keras_not_modelling", layer("function", "keras",
                                      config="config.enable_unsafe_deserialization")),
        ("keras_not_modelling", layer("utils.get_file", "keras")),
        ("keras_not_modelling", layer("function", "keras.src.backend.common.global_state",
                                      config="set_global_attribute")),
        ("keras_not_modelling", layer("function", "tf_keras.utils", config="get_file")),
        ("keras_not_modelling", layer("function", "keras_hub.utils", config="x")),
        ("keras_not_modelling", layer("function", "keras.layers", config={"a": 1})),
        ("keras_tensorflow_function", layer("TFOpLambda", None,
                                            config={"function": "io.write_file"})),
        ("keras_tensorflow_function", layer("TFOpLambda", None,
                                            config={"function": "py_function"})),
        ("keras_tensorflow_function", layer("TFOpLambda", None, config={"function": ["x"]})),
        # CVE-2025-49655: a layer that loads a pickle of PyTorch.
        ("keras_loading_layer", layer("TorchModuleWrapper", "keras.layers")),
        ("keras_loading_layer", layer("TFSMLayer", "keras.layers", config={"filepath": "/x"})),
    ],
)  # fmt: skip
def test_a_layer_that_runs_something_is_dangerous(code: str, hostile: Any) -> None:
    found = scan(model(layer(), hostile), "config.json")

    assert found.verdict is Verdict.UNSAFE
    assert code in codes(found)
    assert is_dangerous(found)


@pytest.mark.parametrize(
    ("code", "custom"),
    [
        ("keras_custom_module", layer("Attention", "our_layers.attention")),
        ("keras_custom_object", layer("Attention", None, registered_name="Custom>Attention")),
        # CVE-2025-12058: a vocabulary that is read from any file or address.
        ("keras_reads_file", layer("StringLookup", config={"vocabulary": "/etc/passwd"})),
    ],
)
def test_custom_code_is_unsafe_and_can_be_waived(code: str, custom: Any) -> None:
    found = scan(model(custom), "config.json")

    assert (found.verdict, codes(found)) == (Verdict.UNSAFE, {code})
    assert not is_dangerous(found)


@pytest.mark.parametrize("place", ["build_config", "compile_config", "inbound_nodes"])
def test_every_part_of_a_configuration_is_looked_at(place: str) -> None:
    assert is_dangerous(scan(model(layer(**{place: [{"deep": [layer("Lambda")]}]})), "config.json"))
