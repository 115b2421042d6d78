"""A stack machine that reads pickles as data: it imports nothing and calls nothing that a file names."""

import pickletools
from collections.abc import Callable
from typing import Any

from fuseboard.store.vectors.pickles.pickled import Name, Names, Placeholder, Refused

STEPS = 2**22
"""Opcodes of one pickle at most. ImageNet's 1,281,167 training labels as file names take 2.6 million."""
SMALL_BYTES = 256
"""What is longer is handed on as a view of the file and not copied."""
NAME_BYTES = 256


class Machine:
    """Reads the pickles that lie one behind the other in a buffer.

    Only what plain data and arrays need is understood: protocols 2 to 5, no INST, OBJ or NEWOBJ, no extension registry,
    no buffers out of band. An opcode that is not understood is refused before its argument is read.

    Args:
        data: the bytes; long byte strings in the result are views of it.
        names: what GLOBAL may name and REDUCE may make.
        persistent: makes the object of a persistent id; without it these are refused.
        steps: opcodes of one pickle at most.
    """

    def __init__(
        self, data: memoryview, names: Names, persistent: Callable[[Any], Any] | None = None, steps: int = STEPS
    ) -> None:
        self.at = 0
        self._data, self._names, self._persistent, self._steps = data, names, persistent, steps
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        """The object of the pickle that begins at `at`, which is then behind its STOP; raises Refused."""
        self._stack, self._below, self._memo = [], [], {}
        for _ in range(self._steps):
            start = self.at
            code = self.read(1)
            if not code:
                raise Refused(f"is cut off: its {start:,} bytes end before the pickle does")
            if code == b".":
                return self._finish()
            if code[0] not in _UNDERSTOOD:
                raise Refused(f"refuses {_OPCODES.get(code[0], f'unknown opcode {code[0]:#04x}')} at byte {start:,}")
            argument, step = _UNDERSTOOD[code[0]]
            try:
                step(self, argument(self) if argument else None)
            except LookupError:
                raise Refused(f"is damaged at byte {start:,}: it takes from an empty stack or an empty memo") from None
            except ValueError as error:
                reason = " ".join(str(error).split())[:120]
                raise Refused(f"is cut off or damaged at byte {start:,}: {reason}") from None
        raise Refused(f"has more than {self._steps:,} opcodes, which no array needs")

    def read(self, size: int) -> bytes | memoryview:
        """The next `size` bytes, or fewer where fewer are left; the standard library's readers of arguments use it."""
        piece = self._data[self.at : self.at + size]
        self.at += len(piece)
        return piece if size > SMALL_BYTES else bytes(piece)

    def _line(self) -> str:
        line, end, _ = bytes(self._data[self.at : self.at + NAME_BYTES]).partition(b"\n")
        if not end:
            raise Refused(f"is damaged at byte {self.at:,}: a name of more than {NAME_BYTES} bytes")
        self.at += len(line) + 1
        return line.decode()

    def _lines(self) -> tuple[str, str]:
        """The argument of GLOBAL. The standard library's reader would undo escapes, which no name has."""
        return self._line(), self._line()

    def _finish(self) -> Any:
        if self._below or len(self._stack) != 1:
            raise Refused("is damaged: its pickle does not end with one object")
        return self._stack.pop()

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _pop(self) -> Any:
        return self._stack.pop()

    def _pop_to_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._below.pop()
        return items

    def _mark(self, _: Any) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _frame(self, size: int) -> None:
        if size > len(self._data) - self.at:
            raise Refused(f"is cut off: a frame of {size:,} bytes, {len(self._data) - self.at:,} are left")

    def _protocol(self, version: int) -> None:
        if not 2 <= version <= 5:
            raise Refused(f"is of pickle protocol {version}; 2 to 5 are understood")

    def _tuple(self, size: int) -> None:
        items = tuple(self._pop() for _ in range(size))
        self._push(items[::-1])

    def _append(self, items: list[Any]) -> None:
        if type(self._stack[-1]) is not list:
            raise Refused("refuses to append to what is no list")
        self._stack[-1].extend(items)

    def _set(self, items: list[Any]) -> None:
        keys = items[::2]
        if type(self._stack[-1]) is not dict or len(items) % 2 or any(type(key) is not str for key in keys):
            raise Refused("refuses a dict whose keys are no texts")
        self._stack[-1].update(zip(keys, items[1::2], strict=True))

    def _name(self, module: Any, qualname: Any) -> None:
        if type(module) is not str or type(qualname) is not str:
            raise Refused("refuses a name that is no text")
        name = Name(module[:NAME_BYTES], qualname[:NAME_BYTES])
        if name not in self._names:
            raise Refused(f"refuses {name}")
        self._push(name)

    def _reduce(self, _: Any) -> None:
        arguments, name = self._pop(), self._pop()
        if not isinstance(name, Name) or type(arguments) is not tuple:
            raise Refused("refuses to call what is no name")
        builder = self._names[name]
        if builder is None:
            raise Refused(f"refuses to call {name}")
        self._push(builder(arguments))

    def _build(self, _: Any) -> None:
        state = self._pop()
        if not isinstance(self._stack[-1], Placeholder):
            raise Refused("refuses BUILD, which would set attributes, on what is no array")
        self._stack[-1].build(state)

    def _put(self, index: int) -> None:
        if index > self._steps:
            raise Refused(f"refuses the memo index {index:,}")
        self._memo[index] = self._stack[-1]

    def _persist(self, _: Any) -> None:
        if self._persistent is None:
            raise Refused("refuses a persistent id outside of a torch storage")
        self._push(self._persistent(self._pop()))


_Step = Callable[[Machine, Any], None]
_STEPS: dict[str, _Step] = {
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"), Machine._push),
    **dict.fromkeys(("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"), Machine._push),
    **dict.fromkeys(("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"), Machine._push),
    "NONE": lambda m, _: m._push(None),
    "NEWTRUE": lambda m, _: m._push(True),
    "NEWFALSE": lambda m, _: m._push(False),
    "EMPTY_TUPLE": lambda m, _: m._push(()),
    "EMPTY_LIST": lambda m, _: m._push([]),
    "EMPTY_DICT": lambda m, _: m._push({}),
    "TUPLE1": lambda m, _: m._tuple(1),
    "TUPLE2": lambda m, _: m._tuple(2),
    "TUPLE3": lambda m, _: m._tuple(3),
    "TUPLE": lambda m, _: m._push(tuple(m._pop_to_mark())),
    "APPEND": lambda m, _: m._append([m._pop()]),
    "APPENDS": lambda m, _: m._append(m._pop_to_mark()),
    "SETITEM": lambda m, _: m._set([m._pop(), m._pop()][::-1]),
    "SETITEMS": lambda m, _: m._set(m._pop_to_mark()),
    "GLOBAL": lambda m, both: m._name(*both),
    "STACK_GLOBAL": lambda m, _: m._name(*[m._pop(), m._pop()][::-1]),
    "REDUCE": Machine._reduce,
    "BUILD": Machine._build,
    "BINPERSID": Machine._persist,
    "BINGET": lambda m, index: m._push(m._memo[index]),
    "LONG_BINGET": lambda m, index: m._push(m._memo[index]),
    "BINPUT": Machine._put,
    "LONG_BINPUT": Machine._put,
    "MEMOIZE": lambda m, _: m._put(len(m._memo)),
    "MARK": Machine._mark,
    "PROTO": Machine._protocol,
    "FRAME": Machine._frame,
}
_OPCODES = {ord(opcode.code): opcode.name for opcode in pickletools.opcodes}
_ARGUMENTS: dict[str, Any] = {o.name: o.arg.reader if o.arg else None for o in pickletools.opcodes}
_ARGUMENTS["GLOBAL"] = Machine._lines
_ARGUMENTS["BYTEARRAY8"] = _ARGUMENTS["BINBYTES8"]  # the same layout, without a copy
_UNDERSTOOD = {code: (_ARGUMENTS[name], _STEPS[name]) for code, name in _OPCODES.items() if name in _STEPS}
