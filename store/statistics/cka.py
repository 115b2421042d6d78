"""CKA: how alike two backbones see the same images (Kornblith et al., ICML 2019), without its bias on few images.

The estimator is HSIC_1 of Song et al. (JMLR 2012, equation 5), which does not approach 1 for any two matrices that are
wider than long, as the biased one does. With centred features its terms are sums over images, so images may pass by in
batches and nothing of size N x N is made:

    n (n - 3) HSIC(X, Y) = |X'Y|² - n / (n - 2) · Σ dx dy + Σ dx · Σ dy / ((n - 1)(n - 2)),  dx = |row of X|²
    CKA(X, Y) = HSIC(X, Y) / √(HSIC(X, X) · HSIC(Y, Y))
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.statistics.tiling import Pair, Tile, divide, groups

TWIN = 0.999
"""CKA above which two backbones are taken for one."""

BOUND = 512 * 2**20
"""Bytes of cross-products held at a time; the nine backbones of BioFuse, 8,576 wide together, need 0.3 GiB of it."""

BATCH = 32 * 2**20
"""Bytes of centred rows in float64, of all backbones together, held at a time."""

MIN_IMAGES = 4
"""Images; the estimator divides by n - 3."""

EPS = 1e-12
"""Share of its terms below which an HSIC is nothing but their rounding."""

Batch = Mapping[str, NDArray[np.floating[Any]]]
Stream = Callable[[Sequence[str], int], Iterator[Batch]]
"""Reads from the first image on, as often as it is called: names and rows -> batches of name -> (at most rows, D)."""


@dataclass(frozen=True)
class CkaResult:
    """The CKA of a pair, or why it has none."""

    value: float | None
    """-1 to 1, which is equal up to rotation and scale; about 0 for unrelated ones, and a little below by chance."""
    reason: str | None = None


@dataclass
class _Sums:
    """What the images seen so far add up to, of one pair."""

    squared: float = 0.0
    """|X'Y|² over the columns done."""
    both: float = 0.0
    traces: tuple[float, float] = (0.0, 0.0)

    def hsic(self, n: int) -> float:
        """Times n (n - 3); 0 where the terms leave nothing."""
        terms = (self.squared, -n / (n - 2) * self.both, self.traces[0] * self.traces[1] / ((n - 1) * (n - 2)))
        value = sum(terms)
        return 0.0 if abs(value) <= EPS * sum(map(abs, terms)) else value


def linear_cka(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> CkaResult:
    """The unbiased linear CKA of two matrices in memory, (N, D) and (N, E), with the same images in their rows."""
    if len(one) != len(other):
        raise ValueError(f"CKA wants two matrices of the same rows, not of {len(one)} and {len(other)}")
    matrices = {"one": one, "other": other}

    def read(names: Sequence[str], rows: int) -> Iterator[Batch]:
        for start in range(0, len(one), rows):
            yield {name: matrices[name][start : start + rows] for name in names}

    [found] = ckas(read, {name: matrix.shape[1] for name, matrix in matrices.items()}, [("one", "other")])
    return found["one", "other"]


def ckas(
    read: Stream, widths: Mapping[str, int], pairs: Iterable[Pair], bound: int | None = None
) -> Iterator[dict[Pair, CkaResult]]:
    """The unbiased linear CKA of pairs of matrices that nobody has to hold in memory.

    Memory is `bound` for cross-products and about four times `BATCH` for rows and their products, whatever the number
    of images. Images are read once for their means, and then once for every `bound` bytes of cross-products.

    Args:
        read: of every name, the same images in the same order.
        widths: name -> D.
        pairs: of different names; each is yielded once, in the pass that it becomes known in.
        bound: bytes; `BOUND` by default. One tile is made in any case.
    """
    wanted = set(pairs)
    names = sorted({name for pair in wanted for name in pair})
    if not names:
        return
    images, means, constant = _look(read, names, widths)
    reasons = {pair: reason for pair in sorted(wanted) if (reason := _undefined(pair, images, constant))}
    if reasons:
        yield {pair: CkaResult(None, reason) for pair, reason in reasons.items()}
        wanted -= reasons.keys()
    # A backbone's product with itself comes before those with earlier ones, so that pairs are known along the way.
    selves = {(name, name) for pair in wanted for name in pair}
    order = sorted(wanted | selves, key=lambda pair: (max(pair), pair[0] != pair[1], pair))
    tiles = [tile for pair in order for tile in divide(pair, widths)]
    sums: dict[Pair, _Sums] = {pair: _Sums() for pair in order}
    for group in groups(tiles, BOUND if bound is None else bound):
        _multiply(read, group, means, sums)
        done = [tile.pair for tile in group if tile.last and tile.pair in wanted]
        if done:
            yield {pair: _cka(pair, sums, images) for pair in done}


def _look(
    read: Stream, names: Sequence[str], widths: Mapping[str, int]
) -> tuple[int, dict[str, NDArray[np.float64]], set[str]]:
    """The number of images, every backbone's mean (D,), and the backbones that have one vector for all images."""
    images, first = 0, dict[str, NDArray[np.float64]]()
    totals, spread = {name: np.zeros(widths[name]) for name in names}, dict.fromkeys(names, 0.0)
    for batch in read(names, _rows(names, widths)):
        images += len(batch[names[0]])
        for name in names:
            rows = batch[name].astype(np.float64)
            rows -= first.setdefault(name, rows[0].copy())  # a sum of small numbers, and exactly 0 for equal vectors
            totals[name] += rows.sum(axis=0)
            spread[name] += float(np.vdot(rows, rows))
    # Equal but for the rounding of float32 is equal: their differences would be those of a processor, not of images.
    close = float(np.finfo(np.float32).eps) ** 2 * images  # as a float32 it would overflow for vectors of 1e20
    constant = {name for name in first if spread[name] <= close * float(first[name] @ first[name])}
    return images, {name: first[name] + totals[name] / images for name in first}, constant


def _undefined(pair: Pair, images: int, constant: set[str]) -> str | None:
    if images < MIN_IMAGES:
        return f"{images} images; the estimator wants at least {MIN_IMAGES}"
    one = next((name for name in pair if name in constant), None)
    return one and f"{one} has the same vector for all images"


def _rows(names: Sequence[str], widths: Mapping[str, int]) -> int:
    return max(1, min(4096, BATCH // (8 * sum(widths[name] for name in names))))


def _multiply(
    read: Stream, tiles: Sequence[Tile], means: Mapping[str, NDArray[np.float64]], sums: Mapping[Pair, _Sums]
) -> None:
    """Adds what some tiles contribute to the sums of their pairs, in one pass over the images."""
    pairs = list(dict.fromkeys(tile.pair for tile in tiles))
    names = sorted({name for pair in pairs for name in pair})
    crossed = [np.zeros(tile.shape) for tile in tiles]
    both, trace = dict.fromkeys(pairs, 0.0), dict.fromkeys(names, 0.0)
    for batch in read(names, _rows(names, {name: len(means[name]) for name in names})):
        rows = {name: batch[name] - means[name] for name in names}
        diagonals = {name: np.einsum("nd,nd->n", own, own) for name, own in rows.items()}
        for tile, product in zip(tiles, crossed, strict=True):
            one, other = tile.pair
            product += rows[one][:, tile.rows].T @ rows[other][:, tile.columns]
        for one, other in pairs:
            both[one, other] += float(diagonals[one] @ diagonals[other])
        for name in names:
            trace[name] += float(diagonals[name].sum())
    for tile, product in zip(tiles, crossed, strict=True):
        sums[tile.pair].squared += float(np.vdot(product, product))
    for pair in pairs:  # the same again where the tiles of a pair are divided between passes
        sums[pair].both, sums[pair].traces = both[pair], (trace[pair[0]], trace[pair[1]])


def _cka(pair: Pair, sums: Mapping[Pair, _Sums], images: int) -> CkaResult:
    one, other = (sums[name, name].hsic(images) for name in pair)
    for name, own in zip(pair, (one, other), strict=True):
        if own <= 0:
            return CkaResult(None, f"{name} finds no two images more alike than others")
    # Scaled by powers of two, which round nothing, so that no product of vectors of 1e37 or 1e-37 leaves float64.
    halves = [math.frexp(own)[1] // 2 for own in (one, other)]
    product = math.ldexp(one, -2 * halves[0]) * math.ldexp(other, -2 * halves[1])
    value = math.ldexp(sums[pair].hsic(images), -sum(halves)) / math.sqrt(product)
    return CkaResult(max(-1.0, min(1.0, value)))  # beyond is rounding: both are of one inner product
