"""Which converters there are: those that come with Aegis, and those that packages bring."""

import importlib.metadata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

import structlog

from aegis.converters.protocol import GROUP, Converter, ModelFile
from aegis.problems import Conflict, Invalid

log = structlog.get_logger(__name__)

# The server runs from a checkout, which has no entry points of its own.
_OWN: Final = (
    "imports.converters.sklearn_to_skops:SklearnToSkops",
    "imports.converters.sklearn_to_onnx:SklearnToOnnx",
    "imports.converters.pytorch_to_safetensors:PytorchToSafetensors",
    "imports.converters.transformers_to_onnx:TransformersToOnnx",
)

_SAID: Final = ("name", "version", "writes", "title", "about", "requires", "install")


@dataclass(frozen=True, slots=True)
class Known:
    """A converter, and where it is found: ``module:name`` of what makes one."""

    converter: Converter
    where: str

    @property
    def missing(self) -> tuple[str, ...]:
        """The distributions that it needs and that are not installed here."""
        return tuple(name for name in self.converter.requires if not _is_installed(name))


def make(where: str) -> Converter:
    """Return the converter that ``module:name`` makes."""
    module, _, name = where.partition(":")
    made: Converter = getattr(import_module(module), name)()
    return made


@cache
def known() -> tuple[Known, ...]:
    """Return all converters: our own first, whose names no package takes."""
    found = {one.converter.name: one for one in map(_known, _OWN)}
    for point in importlib.metadata.entry_points(group=GROUP):
        try:
            one = _known(point.value)
            _require_complete(one.converter)
            found.setdefault(one.converter.name, one)
        except Exception:  # What a package did wrong must not take pages and imports with it.
            log.exception("converting.entry_point_broken", entry_point=point.name)
    return tuple(found.values())


def formats() -> list[str]:
    """Return the formats that a version may be converted to."""
    return sorted({one.converter.writes for one in known()})


def offered(files: Sequence[ModelFile]) -> list[Known]:
    """Return the converters that could convert a version of these files."""
    return [one for one in known() if one.converter.reads(files)]


def check_wanted(wanted: object, *, field: str = "to") -> str:
    """Return a format or a converter's name that there is, or raise ``Invalid`` at ``field``."""
    names = {one.converter.name for one in known()}
    if isinstance(wanted, str) and (wanted in names or wanted in formats()):
        return wanted
    raise Invalid(
        "conversion_unknown",
        f"There is no converter to {str(wanted)[:40]!a}.",
        field=field,
        mend=f"A version can be converted to {', '.join(formats())}.",
    )


def check_possible(wanted: object, *, field: str) -> str:
    """Return what ``check_wanted`` does where something that makes it is installed.

    Raises ``Conflict`` where none of its converters is: of which files it is does not matter yet.
    """
    name = check_wanted(wanted, field=field)
    named = _named(name, known())
    if all(one.missing for one in named):
        raise not_installed(named[0])
    return name


def chosen(wanted: str, files: Sequence[ModelFile]) -> Known:
    """Return the converter of these files to a format, or of a name.

    Raises ``Conflict`` where none reads them, or where what it needs is not installed.
    """
    named = _named(wanted, known())
    fitting = [one for one in named if one.converter.reads(files)]
    if not fitting:
        raise Conflict(
            "conversion_unfit",
            f"None of {', '.join(one.converter.name for one in named)} reads the files of this "
            "version.",
            mend="The how-to on conversion says what each of them reads.",
        )
    ready = [one for one in fitting if not one.missing]
    if not ready:
        raise not_installed(fitting[0])
    return ready[0]


def find(name: str) -> Known:
    """Return the converter of a name, or raise ``Conflict`` where it is gone or not installed."""
    for one in known():
        if one.converter.name == name:
            if one.missing:
                raise not_installed(one)
            return one
    raise Conflict("converter_gone", f"The converter {name} is not installed here any more.")


def _require_complete(converter: Converter) -> None:
    missing = [name for name in _SAID if not hasattr(converter, name)]
    if missing:
        message = f"{type(converter).__name__} does not say its {', '.join(missing)}."
        raise TypeError(message)


def _known(where: str) -> Known:
    return Known(make(where), where)


def _named(wanted: str, among: Iterable[Known]) -> list[Known]:
    return [one for one in among if wanted in {one.converter.name, one.converter.writes}]


def not_installed(one: Known) -> Conflict:
    """Return the refusal of a converter that lacks what it stands on, with what installs it."""
    converter = one.converter
    return Conflict(
        "converter_not_installed",
        f"{converter.name} needs {', '.join(one.missing)}, which Aegis does not have.",
        mend=f"An operator installs it beside Aegis: {converter.install}",
        details={"missing": list(one.missing)},
    )


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def versions_of(names: Iterable[str]) -> dict[str, Any]:
    """Return the installed versions of distributions, by name."""
    return {name: importlib.metadata.version(name) for name in names if _is_installed(name)}
