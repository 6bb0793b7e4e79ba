"""Comparing what was made with what was given: the outputs of both for an input, or each tensor.

Both are loaded behind walls, by ``aegis.loading``. Where that cannot be, a sentence says why.
"""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aegis.problems import Refusal
from imports.converting.examples import Example
from imports.converting.known import versions_of
from registry.comparisons import Compared

if TYPE_CHECKING:
    from aegis.loading.running import Ran

TOLERANCE: Final = 1e-5
"""How far a value may be from the parent's, absolutely: formats such as ONNX count singly."""
RELATIVE_TOLERANCE: Final = 1e-4
"""How far it may be besides, as a share of the parent's value."""
_PACKAGES: Final = (
    "numpy", "onnxruntime", "safetensors", "scikit-learn", "skops", "torch", "transformers",
)  # fmt: skip
# The flavours that our own converters read and write; a version may hold other models besides.
_FLAVOURS: Final[Mapping[str, tuple[Collection[str], Collection[str]]]] = {
    "sklearn-to-skops": (("mlflow", "pickle"), ("skops",)),
    "sklearn-to-onnx": (("mlflow", "pickle"), ("onnx",)),
    "pytorch-to-safetensors": (("state_dict",), ("safetensors",)),
    "transformers-to-onnx": (("transformers",), ("onnx",)),
}
_DTYPES: Final[Mapping[str, str]] = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64",
    "I32": "int32", "I16": "int16", "I8": "int8", "U64": "uint64", "U32": "uint32",
    "U16": "uint16", "U8": "uint8", "BOOL": "bool", "C64": "complex64",
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
}  # fmt: skip


def compare(
    given: Path,
    made: Path,
    example: Example,
    *,
    by: str = "",
    beat: Callable[[], None] = lambda: None,
) -> tuple[Compared | None, str]:
    """Return what came out, or None and a sentence that says why nothing was compared.

    ``by`` is the converter's name: what it read and wrote is compared, whatever lies beside it.
    """
    try:
        return _compare(given, made, example, by, beat)
    except ImportError as error:
        return None, f"{error.name} is not installed here. pip install 'aegis-registry[convert]'"
    except Refusal as refusal:
        return None, refusal.in_full


def _compare(
    given: Path, made: Path, example: Example, by: str, beat: Callable[[], None]
) -> tuple[Compared | None, str]:
    # NumPy comes with what converts, and is not there on every server.
    from aegis.loading.flavours import recognise  # noqa: PLC0415
    from aegis.loading.inputs import of_json  # noqa: PLC0415
    from aegis.loading.running import run  # noqa: PLC0415

    read, wrote = _FLAVOURS.get(by, (None, None))
    found = (recognise(given, among=read), recognise(made, among=wrote))
    try:
        inputs = None if example.value is None else of_json(example.value)
    except (ValueError, KeyError) as error:
        return None, f"The input cannot be read: {error}."
    ours, theirs = (
        run(folder, one, inputs=inputs, beat=beat)
        for folder, one in zip((given, made), found, strict=True)
    )
    if ours.tensors and theirs.tensors:
        return _tensors(ours, theirs), ""
    if inputs is None:
        return None, "There is no input example to try both with."
    if not ours.outputs or not theirs.outputs:
        return None, "One of both holds weights alone, and answers nothing."
    return _outputs(ours.outputs[0], theirs.outputs[0], example)


def _outputs(expected: Any, got: Any, example: Example) -> tuple[Compared | None, str]:
    from aegis.loading.comparing import compare as compare_arrays  # noqa: PLC0415 - as above.

    found = compare_arrays(got, expected, rtol=RELATIVE_TOLERANCE, atol=TOLERANCE)
    values = found.count
    if found.fault:
        # Other outputs are a difference, too: all that was expected is missing.
        values = max(1, sum(int(array.size) for array in expected.values()))
    if not values:
        return None, "The model answered nothing for this input."
    return Compared(
        method="outputs",
        values=values,
        outside=values if found.fault else found.mismatches,
        tolerance=TOLERANCE,
        relative_tolerance=RELATIVE_TOLERANCE,
        largest_difference=None if found.fault else found.largest,
        input_digest=example.digest,
        input_from=example.path,
        packages=versions_of(_PACKAGES),
    ), found.fault


def _tensors(ours: "Ran", theirs: "Ran") -> Compared:
    """Count the tensors whose type, shape or bytes differ, or that only one of both has."""
    first, second = ({one.name: _said(one) for one in ran.tensors} for ran in (ours, theirs))
    names = first.keys() | second.keys()
    outside = sum(first.get(name) != second.get(name) for name in names)
    return Compared(
        method="tensors",
        values=len(names),
        outside=outside,
        largest_difference=None if outside else 0.0,
        packages=versions_of(_PACKAGES),
    )


def _said(tensor: Any) -> tuple[Any, ...]:
    return _DTYPES.get(tensor.dtype, tensor.dtype), tuple(tensor.shape), tensor.sha256
