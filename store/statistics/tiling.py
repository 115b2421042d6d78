"""Tiles: the parts of cross-products, dealt out so that memory has a bound whatever the widths."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

STRIP = 2048
"""Columns of a matrix multiplied at a time; a wider one is divided."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Tile:
    """The part of a pair's cross-product that is made at once, in float64."""

    pair: Pair
    rows: slice
    """Columns of the pair's first matrix."""
    columns: slice
    """Columns of its second."""
    last: bool
    """Whether the tile is the last one of its pair."""

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the tile, rows by columns."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    @property
    def bytes(self) -> int:
        """The memory that the tile takes, in bytes."""
        return 8 * self.shape[0] * self.shape[1]


def divide(pair: Pair, widths: Mapping[str, int]) -> list[Tile]:
    """Returns the tiles of a pair's cross-product, at most `STRIP` x `STRIP` each, row after row."""
    down, across = ([slice(at, min(at + STRIP, widths[name])) for at in range(0, widths[name], STRIP)] for name in pair)
    corners = [(rows, columns) for rows in down for columns in across]
    return [Tile(pair, *corner, last=corner is corners[-1]) for corner in corners]


def groups(tiles: Iterable[Tile], bound: int) -> Iterator[list[Tile]]:
    """Tiles in their order, as many at a time as `bound` bytes hold, and at least one."""
    group: list[Tile] = []
    for tile in tiles:
        if group and sum(one.bytes for one in group) + tile.bytes > bound:
            yield group
            group = []
        group.append(tile)
    if group:
        yield group
