"""L-BFGS for penalised linear models, in weights of columns or of rows.

The loss is strength · loss(rows · w + b) + |w|² / 2. Where columns outnumber rows, the best w is a sum of rows,
w = rows' · a, and everything is said in `a` and the rows' products: decisions are products · a, the gradient is
strength · slope + a, and inner products of two w are those of one's `a` with the other's decisions. So no step ever
touches the columns, and the steps are those that L-BFGS would take on them.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fuseboard.harness.fusion.heads.losses import Loss, Matrix

HISTORY = 20
"""Steps that are remembered."""
TOLERANCE = 1e-7
"""Length of the gradient at which it ends, as a share of the one at the origin."""
MAX_STEPS = 1_000
FLATTER = 0.1
"""Share of its first slope at which a search along a line ends."""


@dataclass(frozen=True)
class Point:
    """Weights, or a direction of theirs, together with the decisions that they make."""

    weights: Matrix
    """(R, C): of the columns, or of the rows whose sum they are."""
    intercept: Matrix
    """(C,)"""
    linear: Matrix
    """(N, C): rows times weights, without the intercept."""

    @property
    def decision(self) -> Matrix:
        """(N, C)"""
        return self.linear + self.intercept

    def plus(self, times: float, other: "Point") -> "Point":
        """Adds so many times another one."""
        return Point(
            self.weights + times * other.weights,
            self.intercept + times * other.intercept,
            self.linear + times * other.linear,
        )

    def times(self, factor: float) -> "Point":
        """Stretches it."""
        return Point(self.weights * factor, self.intercept * factor, self.linear * factor)


class Rows(Protocol):
    """Training rows, by what a descent asks of them."""

    def decisions(self, weights: Matrix) -> Matrix:
        """Multiplies the rows with weights (R, C) to (N, C)."""

    def pull(self, slope: Matrix) -> Matrix:
        """Turns slopes (N, C) into the gradient by the weights (R, C)."""

    def inner(self, one: Point, other: Point) -> float:
        """Multiplies two points' weights of columns, without intercepts."""


Inner = Callable[[Point, Point], float]


def origin(size: int, count: int, classes: int) -> Point:
    """No weights of `size` rows or columns, whose decisions of `count` rows are 0."""
    return Point(np.zeros((size, classes)), np.zeros(classes), np.zeros((count, classes)))


def descend(rows: Rows, loss: Loss, strength: float, start: Point) -> Point:
    """Finds the least penalised loss from a start on."""

    def inner(one: Point, other: Point) -> float:
        return rows.inner(one, other) + float(one.intercept @ other.intercept)

    def gradient(at: Point) -> Point:
        slope = strength * loss.slope(at.decision)
        weights = rows.pull(slope)
        pulled = Point(weights, slope.sum(axis=0), rows.decisions(weights))
        return Point(pulled.weights + at.weights, pulled.intercept, pulled.linear + at.linear)

    first = gradient(start.times(0.0))
    goal = TOLERANCE**2 * inner(first, first)
    here, downhill = start, gradient(start)
    steps: deque[tuple[Point, Point, float]] = deque(maxlen=HISTORY)
    for _ in range(MAX_STEPS):
        if inner(downhill, downhill) <= goal:
            break
        way = _direction(downhill, steps, inner)
        length = _search(rows, loss, strength, here, way, bold=bool(steps))
        if not length:
            break
        there = here.plus(length, way)
        uphill = gradient(there)
        step, change = way.times(length), uphill.plus(-1.0, downhill)
        bend = inner(step, change)
        if bend > 0:
            steps.append((step, change, bend))
        here, downhill = there, uphill
    return here


def _direction(gradient: Point, steps: "deque[tuple[Point, Point, float]]", inner: Inner) -> Point:
    """The two-loop recursion (Nocedal and Wright, Numerical Optimization, algorithm 7.4)."""
    way, kept = gradient.times(-1.0), []
    for step, change, bend in reversed(steps):
        share = inner(step, way) / bend
        kept.append(share)
        way = way.plus(-share, change)
    if steps:
        _, change, bend = steps[-1]
        way = way.times(bend / inner(change, change))
    for (step, change, bend), share in zip(steps, reversed(kept), strict=True):
        way = way.plus(share - inner(change, way) / bend, step)
    return way


def _search(rows: Rows, loss: Loss, strength: float, here: Point, way: Point, bold: bool) -> float:
    """The length along a direction at which the slope is nearly 0, which costs no look at the rows.

    A convex loss's slope rises along a line, so its zero is bracketed and then approached by secants and halvings.
    """
    decision, change = here.decision, way.decision
    own, squared = rows.inner(here, way), rows.inner(way, way)

    def slope(length: float) -> float:
        return strength * float((loss.slope(decision + length * change) * change).sum()) + own + length * squared

    first = slope(0.0)
    if first >= 0:
        return 0.0
    most = strength * loss.curvature * float((loss.weights * change**2).sum()) + squared
    low, low_slope, high, high_slope = 0.0, first, np.inf, np.nan
    length = 1.0 if bold else -first / most
    for trial in range(60):
        now = slope(length)
        if abs(now) <= -FLATTER * first:
            return length
        if now < 0:
            low, low_slope = length, now
        else:
            high, high_slope = length, now
        if not np.isfinite(high):
            length *= 2
        elif trial % 2:
            length = (low + high) / 2
        else:
            length = low - low_slope * (high - low) / (high_slope - low_slope)
    return low
