"""The machine that a pickle programs, with inert values: nothing is imported, made or called.

It follows CPython's ``pickle._Unpickler`` and ``_pickle.c``. Where the two differ, what only one
of them takes is refused as malformed, so that no reader does what was not seen here.
"""

import _compat_pickle
from collections.abc import Callable
from typing import Final

from imports.scanning.examination import LimitExceeded, Malformed, Scan
from imports.scanning.pickles.reader import Reader
from imports.scanning.pickles.trace import Trace
from imports.scanning.pickles.values import Global, Instance, Use

_PYTHON_3: Final = 3

PersistentLoad = Callable[[object, Trace], object]
# Returns what stands in the place of an instance whose state was just set: joblib's unpickler
# goes on to read an array there.
ArrayLoad = Callable[[Instance, "Machine"], object]


class Machine:
    """The state of one pickle's run: stack, marks and memo, which opcodes change.

    ``persistent_load`` answers persistent ids, which are a finding without it. ``array_load`` is
    asked at each BUILD.
    """

    def __init__(
        self,
        reader: Reader,
        trace: Trace,
        scan: Scan,
        *,
        persistent_load: PersistentLoad | None = None,
        array_load: ArrayLoad | None = None,
    ) -> None:
        self.reader = reader
        self.trace = trace
        self.scan = scan
        self.persistent_load = persistent_load
        self.array_load = array_load
        self.protocol = 0
        self.stack: list[object] = []
        self.memo: dict[int, object] = {}
        self._marks: list[list[object]] = []

    def check_sizes(self) -> None:
        """Raise ``LimitExceeded`` where the pickle holds more values than it may."""
        if max(len(self.memo), len(self.stack)) > self.scan.limits.memo:
            raise LimitExceeded("pickle_too_large", "The pickle holds too many values.")

    def push(self, value: object) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self) -> object:
        """Take the topmost value from the stack."""
        if not self.stack:
            raise _underflow()
        return self.stack.pop()

    def top(self) -> object:
        """Return the topmost value of the stack."""
        if not self.stack:
            raise _underflow()
        return self.stack[-1]

    def gather(self, count: int) -> None:
        """Replace the topmost values by a tuple of them."""
        if len(self.stack) < count:
            raise _underflow()
        self.stack[-count:] = [tuple(self.stack[-count:])]

    def mark(self) -> None:
        """Begin a new stack above the present one."""
        self._marks.append(self.stack)
        self.stack = []
        if len(self._marks) > self.scan.limits.nesting:
            raise LimitExceeded("pickle_nesting", "The pickle is nested too deep.")

    def pop_mark(self) -> list[object]:
        """Go back to the stack below the last mark, and return the values above it."""
        if not self._marks:
            raise Malformed("pickle_stack", "The pickle goes back to a mark that is not there.")
        items = self.stack
        self.stack = self._marks.pop()
        return items

    def drop(self) -> None:
        """Forget the topmost value, or the mark where there is none above it."""
        if self.stack:
            self.stack.pop()
        else:
            self.pop_mark()

    def put(self, index: int) -> None:
        """Store the topmost value in the memo."""
        if not 0 <= index <= self.scan.limits.memo:
            raise LimitExceeded("pickle_memo", "The pickle numbers a value beyond all limits.")
        self.memo[index] = self.top()

    def get(self, index: int) -> None:
        """Push a value of the memo."""
        if index not in self.memo:
            sentence = "The pickle asks for a value that it has not stored."
            raise Malformed("pickle_memo", sentence)
        self.stack.append(self.memo[index])

    def find(self, module: str, name: str) -> Global:
        """Return the global that Python finds: names of Python 2 in old protocols are mapped."""
        is_old = self.protocol < _PYTHON_3
        found = _of_python_3(module, name) if is_old else Global(module, name)
        self.trace.use(found, Use.REFERRED)
        return found


def _underflow() -> Malformed:
    return Malformed("pickle_stack", "The pickle takes more values than there are.")


def _of_python_3(module: str, name: str) -> Global:
    if (module, name) in _compat_pickle.NAME_MAPPING:
        return Global(*_compat_pickle.NAME_MAPPING[module, name])
    return Global(_compat_pickle.IMPORT_MAPPING.get(module, module), name)
