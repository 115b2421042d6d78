"""UBJSON, as XGBoost writes it: read with bounds before XGBoost's own reader, which trusts what it reads, sees it."""

from typing import Any

import numpy as np

INTEGERS = {b"i": ">i1", b"U": ">u1", b"I": ">i2", b"l": ">i4", b"L": ">i8"}
"""Marker -> the big-endian type that follows."""
NUMBERS = {**INTEGERS, b"d": ">f4", b"D": ">f8"}
CONSTANTS = {b"Z": None, b"T": True, b"F": False}
DEEPEST = 32
"""Levels of nesting; XGBoost's models have six."""


class Malformed(ValueError):
    """The bytes are not UBJSON, or not the part of it that XGBoost writes."""


def loads(content: bytes) -> Any:
    """Returns objects, lists, texts and numbers; arrays of one type come as NumPy arrays over the same bytes."""
    reader = _Reader(content)
    value = reader.value(reader.take(1), 0)
    if reader.place != len(content):
        raise Malformed(f"{len(content) - reader.place} bytes follow its end")
    return value


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content, self.place = content, 0

    def take(self, count: int) -> bytes:
        """Returns the next bytes."""
        if count < 0 or count > len(self._content) - self.place:
            raise Malformed("it ends early")
        self.place += count
        return self._content[self.place - count : self.place]

    def value(self, marker: bytes, depth: int) -> Any:
        """Returns what a marker stands before."""
        if depth > DEEPEST:
            raise Malformed("it is nested too deeply")
        if marker in NUMBERS:
            return self._number(marker)
        if marker in CONSTANTS:
            return CONSTANTS[marker]
        if marker == b"S":
            return self._text()
        if marker == b"C":
            return self.take(1).decode("ascii", "replace")
        if marker == b"{":
            return self._object(depth)
        if marker == b"[":
            return self._array(depth)
        raise Malformed(f"the marker {marker!r} is unknown")

    def _number(self, marker: bytes) -> Any:
        kind = np.dtype(NUMBERS[marker])
        return np.frombuffer(self.take(kind.itemsize), kind)[0].item()

    def _length(self) -> int:
        marker = self.take(1)
        if marker not in INTEGERS:
            raise Malformed("a length is no integer")
        found: int = self._number(marker)
        if found < 0:
            raise Malformed("a length is negative")
        return found

    def _text(self) -> str:
        try:
            return self.take(self._length()).decode()
        except UnicodeDecodeError as error:
            raise Malformed("a text is not UTF-8") from error

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._content[self.place : self.place + 1] != b"}":
            key = self._text()
            if key in found:
                raise Malformed(f"the key {key[:40]!r} comes twice")
            found[key] = self.value(self.take(1), depth + 1)
        self.take(1)
        return found

    def _array(self, depth: int) -> Any:
        marker = self.take(1)
        if marker == b"$":
            kind = self.take(1)
            if kind not in NUMBERS or self.take(1) != b"#":
                raise Malformed("a typed array is not of numbers")
            form = np.dtype(NUMBERS[kind])
            return np.frombuffer(self.take(self._length() * form.itemsize), form)
        if marker == b"#":
            return [self.value(self.take(1), depth + 1) for _ in range(self._counted())]
        found = []
        while marker != b"]":
            found.append(self.value(marker, depth + 1))
            marker = self.take(1)
        return found

    def _counted(self) -> int:
        count = self._length()
        if count > len(self._content) - self.place:  # every element takes a byte at least
            raise Malformed("it ends early")
        return count
