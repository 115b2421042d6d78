"""The pages of a Parquet file: what their headers promise to unpack to, which the footer does not tell.

A reader takes as much memory for a page as the page's own header says, so that a small file can ask for gigabytes
though its footer looks innocent. Headers are in Thrift's compact protocol (its specification is in thrift/doc/specs),
of which only what a `PageHeader` (parquet-format) needs is read here: a whole parser would be one more thing to break.
"""

from pathlib import Path
from typing import Any, BinaryIO

from fuseboard.store.errors import FuseboardError

MAX_HEADER_BYTES = 64 * 2**10
"""Bytes of the header of one page; the statistics inside hold two values."""
MAX_DEPTH = 8


def problem(path: Path, meta: Any, limit: int) -> str | None:
    """What is wrong with a file's pages, or None.

    Args:
        path: a Parquet file.
        meta: its footer, as pyarrow reads it.
        limit: bytes that the pages of a column chunk may unpack to; what the footer says is the other bound.
    """
    with path.open("rb") as file:
        for index in range(meta.num_row_groups):
            group = meta.row_group(index)
            for number in range(group.num_columns):
                chunk = group.column(number)
                try:
                    unpacked = _unpacked(file, chunk)
                except (IndexError, FuseboardError):
                    return f"row group {index}: the pages of {chunk.path_in_schema[:40]} cannot be followed"
                if unpacked > min(limit, chunk.total_uncompressed_size):
                    return (
                        f"row group {index}: pages of {chunk.path_in_schema[:40]} unpack to {unpacked:,} bytes, a bomb"
                    )
    return None


def _unpacked(file: BinaryIO, chunk: Any) -> int:
    """Bytes that all pages of a column chunk say they unpack to."""
    start = chunk.data_page_offset
    if chunk.has_dictionary_page and chunk.dictionary_page_offset is not None:
        start = min(start, chunk.dictionary_page_offset)
    stop, total = start + chunk.total_compressed_size, 0
    while start < stop:
        file.seek(start)
        header = _Header(file.read(MAX_HEADER_BYTES))
        fields = header.struct()
        unpacked, packed = fields.get(2, -1), fields.get(3, -1)
        if min(unpacked, packed) < 0:
            raise FuseboardError("a page says no size")
        total += unpacked + header.at
        start += header.at + packed
    if start != stop:
        raise FuseboardError("the last page ends elsewhere than the column chunk")
    return total


class _Header:
    """One struct in the compact protocol."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def struct(self, depth: int = 0) -> dict[int, int]:
        """Field number -> value of the integers at its top; everything else is passed over."""
        if depth > MAX_DEPTH:
            raise FuseboardError("too deep")
        found: dict[int, int] = {}
        field = 0
        while byte := self._byte():
            delta, kind = byte >> 4, byte & 15
            field = field + delta if delta else self._zigzag()
            if kind in (4, 5, 6):  # i16, i32, i64
                found[field] = self._zigzag()
            else:
                self._skip(kind, depth)
        return found

    def _skip(self, kind: int, depth: int) -> None:
        if kind in (1, 2):  # a truth value, which is its own kind
            return
        if kind == 3:
            self.at += 1
        elif kind == 7:
            self.at += 8
        elif kind == 8:
            length = self._varint()
            self.at += length
        elif kind == 12:
            self.struct(depth + 1)
        else:  # lists, sets and maps, which a page header does not have
            raise FuseboardError("not a page header")

    def _byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 128:
            value |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise FuseboardError("not a number")
        return value | byte << shift

    def _zigzag(self) -> int:
        value = self._varint()
        return value >> 1 ^ -(value & 1)
