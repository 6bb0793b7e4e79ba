"""What a pickle may do with what it has imported, beyond which names are known.

Being on the list is not enough where a known function calls what it is given, where a state
replaces what makes an object safe, or where a state is read as memory.
"""

from collections.abc import Callable
from typing import Final

from imports.scanning.pickles.dtypes import ObjectsHidden, check_dtype, is_code, is_dtype
from imports.scanning.pickles.globals.dangerous import is_dangerous
from imports.scanning.pickles.trace import Trace
from imports.scanning.pickles.values import (
    RECONSTRUCTOR,
    UNKNOWN,
    Blob,
    Global,
    Instance,
    Unknown,
    Use,
    is_computed,
    reserved_keys,
)

_MOST_STATES: Final = 16
_PLAIN_BASES: Final = frozenset(
    Global("builtins", name)
    for name in ("object", "dict", "list", "tuple", "set", "frozenset", "str", "int", "float")
)
_BIT_GENERATOR: Final = Global("numpy.random._pickle", "__bit_generator_ctor")
_ENCODINGS: Final = frozenset({"latin1", "latin-1", "ascii", "utf-8", "utf8"})


def called(callable_: object, arguments: object, use: Use, trace: Trace) -> object:
    """Return a stand-in for what a call would return, and note what is wrong with the call."""
    if not isinstance(callable_, Global):
        if not isinstance(callable_, Unknown):
            sentence = "It calls something that is computed while it is loaded."
            trace.unsafe("computed_call", sentence)
        else:
            trace.unsafe("computed_call", "It calls something that cannot be followed.")
        return UNKNOWN
    trace.use(callable_, use)
    check = _RULES.get(callable_)
    if check is not None and not check(arguments, trace):
        sentence = f"It calls {callable_} with arguments that ordinary files do not give it."
        trace.unsafe("irregular_call", sentence)
    return Instance(callable_, arguments)


def check_dangerous(name: Global, trace: Trace) -> None:
    """Note a global that runs what it is told."""
    if is_dangerous(name.module, name.name):
        sentence = f"It imports {name}, with which a file can run whatever it likes."
        trace.unsafe("dangerous_global", sentence, is_dangerous=True)


def check_changed(target: object, trace: Trace) -> None:
    """Note where a global itself would be changed rather than an object made of it."""
    if isinstance(target, Global):
        sentence = f"It changes {target} itself, for all that use it in the process."
        trace.unsafe("changes_a_global", sentence, is_dangerous=True)
    elif isinstance(target, Unknown):
        # Sets are such values; what is computed has been noted when it was.
        return


def check_built(target: object, state: object, trace: Trace) -> None:
    """Note a state that an ordinary file would not set, and remember it at its instance."""
    check_changed(target, trace)
    for key in sorted(reserved_keys(state)):
        sentence = f"It sets the attribute {key}, by which an object becomes another one."
        trace.unsafe("reserved_attribute", sentence, is_dangerous=True)
    if is_computed(state):
        sentence = "It sets attributes whose names are computed while it is loaded."
        trace.unsafe("computed_attribute", sentence)
    if not isinstance(target, Instance):
        return
    if len(target.states) < _MOST_STATES:
        target.states.append(state)
    if is_dtype(target):
        try:
            check_dtype(target)
        except ObjectsHidden as error:
            trace.unsafe("forged_dtype", str(error), is_dangerous=True)


def _is_plain_reconstruction(arguments: object, trace: Trace) -> bool:
    """Say whether ``copyreg._reconstructor`` makes an object as ``__init__`` never sees it."""
    if type(arguments) is not tuple or len(arguments) != 3:  # noqa: PLR2004 - its arguments.
        return False
    class_, base, _ = arguments
    if isinstance(class_, Global):
        trace.use(class_, Use.MADE)
    return isinstance(class_, Global) and base in _PLAIN_BASES


def _calls_a_known_one(arguments: object, trace: Trace) -> bool:
    """Say whether the first argument, where there is one, is a global that may be called."""
    if type(arguments) is not tuple:
        return False
    given = arguments[0] if arguments else None
    if isinstance(given, Global):
        trace.use(given, Use.CALLED)
    return given is None or isinstance(given, Global)


def _has_the_usual_constructor(arguments: object, _: Trace) -> bool:
    """Say whether the constructor of a bit generator that is called is NumPy's own."""
    if type(arguments) is not tuple:
        return False
    return all(given == _BIT_GENERATOR for given in arguments[1:])


def _makes_one_of(prefix: str) -> "_Rule":
    """Return the rule that the first argument is a class of some modules."""

    def check(arguments: object, trace: Trace) -> bool:
        given = arguments[0] if type(arguments) is tuple and arguments else None
        if not isinstance(given, Global):
            return False
        trace.use(given, Use.MADE)
        return f"{given.module}.".startswith(prefix) or given.module.startswith(prefix)

    return check


def _rebuilds_a_tensor(arguments: object, trace: Trace) -> bool:
    given = arguments[0] if type(arguments) is tuple and arguments else None
    if not isinstance(given, Global):
        return False
    trace.use(given, Use.CALLED)
    return given.module == "torch._utils" and given.name.startswith("_rebuild_")


def _loads_bytes(arguments: object, trace: Trace) -> bool:
    """Say whether the one argument is bytes, which are then examined as the file they are."""
    match arguments:
        case (Blob() as blob,):
            trace.loaded.append(blob)
            return True
        case _:
            return False


def _takes_nothing(arguments: object, _: Trace) -> bool:
    return arguments == ()


def _is_a_plain_dtype(arguments: object, _: Trace) -> bool:
    """Say whether a dtype is made of a code, as NumPy writes it, and not of fields at once."""
    return type(arguments) is tuple and is_code(arguments)


def _encodes_text(arguments: object, _: Trace) -> bool:
    return (
        type(arguments) is tuple
        and len(arguments) in {1, 2}
        and (len(arguments) == 1 or arguments[1] in _ENCODINGS)
    )


def _names_a_bit_generator(arguments: object, _: Trace) -> bool:
    """NumPy's constructor calls a class that it is given, so it must be one of NumPy's."""
    given = arguments[0] if type(arguments) is tuple and arguments else "MT19937"
    return isinstance(given, str) or (
        isinstance(given, Global) and given.module.startswith("numpy.random._")
    )


_Rule = Callable[[object, Trace], bool]
_RULES: Final[dict[Global, _Rule]] = {
    RECONSTRUCTOR: _is_plain_reconstruction,
    Global("_codecs", "encode"): _encodes_text,
    Global("collections", "defaultdict"): _calls_a_known_one,
    Global("numpy", "dtype"): _is_a_plain_dtype,
    Global("types", "SimpleNamespace"): _takes_nothing,
    Global("argparse", "Namespace"): _takes_nothing,
    Global("numpy.random._pickle", "__bit_generator_ctor"): _names_a_bit_generator,
    Global("numpy.random._pickle", "__generator_ctor"): _has_the_usual_constructor,
    Global("numpy.random._pickle", "__randomstate_ctor"): _has_the_usual_constructor,
    Global("pandas.core.indexes.base", "_new_Index"): _makes_one_of("pandas."),
    Global("sklearn.metrics._dist_metrics", "newObj"): _makes_one_of("sklearn.metrics._dist_"),
    Global("sklearn.neighbors._ball_tree", "newObj"): _makes_one_of("sklearn.neighbors._ball_"),
    Global("sklearn.neighbors._kd_tree", "newObj"): _makes_one_of("sklearn.neighbors._kd_tree"),
    Global("torch.storage", "_load_from_bytes"): _loads_bytes,
    Global("torch._tensor", "_rebuild_from_type_v2"): _rebuilds_a_tensor,
}
