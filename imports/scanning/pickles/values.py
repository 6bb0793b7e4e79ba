"""Inert stand-ins for what a pickle would make: they remember where a value comes from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

# A list or dict that is longer is remembered by its beginning only, and says so.
LONGEST_LIST: Final = 100_000
LONGEST_DICT: Final = 1_000


class Use(IntEnum):
    """What a pickle does with a global, from the least to the most."""

    REFERRED = 0
    """It is a value, such as a function that an estimator keeps."""
    MADE = 1
    """An instance is made without calling ``__init__``; its state is set afterwards."""
    CALLED = 2
    """It is called with arguments of the pickle's choice."""


@dataclass(frozen=True, slots=True)
class Global:
    """A name that the pickle imports."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Unknown:
    """A value that does not matter, or whose content is not kept."""

    __slots__ = ()


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in the pickle, by their place in its stream."""

    offset: int
    length: int


@dataclass(slots=True, eq=False)
class List:
    """A list that the pickle builds."""

    items: list[object] = field(default_factory=list)
    is_whole: bool = True

    def extend(self, items: list[object]) -> None:
        """Append the items, as far as they are kept."""
        room = LONGEST_LIST - len(self.items)
        if len(items) > room:
            self.is_whole = False
        self.items.extend(items[: max(0, room)])


@dataclass(slots=True, eq=False)
class Dict:
    """A dict that the pickle builds, of which entries with text for a key are kept.

    ``reserved`` are its keys of the form ``__name__``, which are kept however long it is.
    """

    entries: dict[str, object] = field(default_factory=dict)
    reserved: set[str] = field(default_factory=set)
    is_whole: bool = True
    has_computed_keys: bool = False

    def update(self, items: list[object]) -> None:
        """Set keys and values, which alternate."""
        keys = items[::2]
        self.reserved.update(reserved_among(keys))
        self.has_computed_keys |= any(isinstance(key, Instance) for key in keys)
        if len(self.entries) + len(keys) > LONGEST_DICT:
            self.is_whole = False
            return
        for key, value in zip(keys, items[1::2], strict=False):
            if type(key) is str:
                self.entries[key] = value
            else:
                self.is_whole = False


@dataclass(slots=True, eq=False)
class Instance:
    """What a call returns: ``states`` are what was set on it afterwards.

    ``reserved`` are keys of the form ``__name__`` that were set on it as on a dict.
    """

    callable: object
    arguments: object
    states: list[object] = field(default_factory=list)
    reserved: set[str] = field(default_factory=set)
    has_computed_keys: bool = False

    def is_of(self, *globals_: Global) -> bool:
        """Say whether one of the globals was called or instantiated for it."""
        return self.made_of in globals_

    @property
    def made_of(self) -> object:
        """Return what it is an instance of, seen through ``copyreg._reconstructor``."""
        if self.callable == RECONSTRUCTOR and type(self.arguments) is tuple and self.arguments:
            return self.arguments[0]
        return self.callable


RECONSTRUCTOR: Final = Global("copyreg", "_reconstructor")


_DICTS: Final = frozenset(
    Global(module, name)
    for module, name in (
        ("builtins", "dict"),
        ("collections", "Counter"),
        ("collections", "OrderedDict"),
        ("collections", "defaultdict"),
        ("sklearn.utils", "Bunch"),
        ("sklearn.utils._bunch", "Bunch"),
        ("types", "MappingProxyType"),
    )
)


def reserved_among(keys: Iterable[object]) -> Iterator[str]:
    """Yield the keys of the form ``__name__``."""
    return (key for key in keys if type(key) is str and key[:2] == "__" and len(key) < LONGEST_DICT)


def reserved_keys(state: object) -> Iterable[str]:
    """Yield the keys of the form ``__name__`` that a state would set as attributes."""
    for part in state if type(state) is tuple else (state,):
        if isinstance(part, Dict | Instance):
            yield from part.reserved


def is_computed(state: object) -> bool:
    """Say whether a state has keys that are not written out, so that they may be any."""
    for part in state if type(state) is tuple else (state,):
        if isinstance(part, Dict | Instance) and part.has_computed_keys:
            return True
        if isinstance(part, Instance) and part.made_of in _DICTS and part.arguments != ():
            return True
    return False
