"""L-BFGS for penalised linear models, in weights of columns or of rows.

The loss is strength · loss(rows · w + b) + |w|² / 2. Where columns outnumber rows, the best w is a sum of rows,
w = rows' · a, and everything is said in `a` and the rows' products: decisions are products · a, the gradient is
strength · slope + a, and the inner product of two w is that of one's `a` with the other's decisions. So no step ever
touches the columns, and the steps are those that L-BFGS would take on them.

Its first guess of the curvature is the one at the start, 1 + rows' · curvatures · rows, so that the first step is
Newton's; it takes a fifth of the steps that the usual guess takes.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.fusion.heads.losses import Loss, Matrix

HISTORY = 10
"""Steps that are remembered, as in SciPy."""
TOLERANCE = 1e-9
"""Share of the penalised loss that other weights could gain at most, times two. Its curvature is at least 1, so the
gain is at most half of the squared gradient, and so is the squared distance from the best weights."""
MAX_STEPS = 1_000
LESS, FLATTER = 1e-4, 0.5
"""The strong Wolfe conditions (Nocedal and Wright, Numerical Optimization, section 3.1)."""
TRIALS = 60
"""Lengths that are tried in one direction."""
LEAST = 1e-5
"""The curvature of a row is taken for at least this: one that is told apart well has hardly any."""

Point = NDArray[np.float64]
"""Weights of R rows or columns, the N rows' decisions by them, and the intercepts: C of each, in one flat array.

Decisions are linear in weights, so those of a sum are known without another look at the rows.
"""


Guess = Callable[[Matrix, Matrix], tuple[Matrix, Matrix]]
"""Divides weights (R, C) by a guess of the curvature, given their decisions (N, C); returns the same two."""


class Rows(Protocol):
    """Training rows, by what a descent asks of them."""

    by_row: ClassVar[bool]
    """Whether weights are of rows rather than of columns."""

    @property
    def size(self) -> int:
        """R."""

    def decisions(self, weights: Matrix) -> Matrix:
        """Multiplies the rows with weights (R, C) to (N, C)."""

    def pull(self, slope: Matrix) -> Matrix:
        """Turns slopes (N, C) into the gradient by the weights (R, C)."""

    def guess(self, curvature: NDArray[np.float64]) -> Guess:
        """Prepares the division by 1 + rows' · curvature · rows, of a curvature (N,) for each row."""


@dataclass(frozen=True)
class Descent:
    """One loss on one set of rows, with one penalty, from one start."""

    rows: Rows
    loss: Loss
    strength: float
    """Of the loss against the penalty: scikit-learn's C."""
    start: Point
    shape: tuple[int, int]
    """(N, C)"""

    def weights(self, point: Point) -> Matrix:
        """(R, C)"""
        return point[: self._linear].reshape(-1, self.shape[1])

    def intercept(self, point: Point) -> NDArray[np.float64]:
        """(C,)"""
        return point[self._intercept :]

    def minimise(self) -> Point:
        """Finds the least penalised loss."""
        here = self.start
        value, slope = self.loss.at(self._decision(here))
        gradient = self._gradient(here, slope)
        steps: deque[tuple[Point, Point, float]] = deque(maxlen=HISTORY)
        for _ in range(MAX_STEPS):
            whole = self.strength * value + self._inner(here, here) / 2
            if self._product(gradient, gradient) <= TOLERANCE * whole:
                break
            way = self._direction(gradient, steps)
            length, value, slope = self._search(here, way)
            if not length:  # rounding leaves nothing to gain
                break
            step = length * way
            here = here + step
            last, gradient = gradient, self._gradient(here, slope)
            change = gradient - last
            steps.append((step, change, self._product(step, change)))
        return here

    @cached_property
    def _linear(self) -> int:
        """Where decisions start."""
        return self.rows.size * self.shape[1]

    @cached_property
    def _intercept(self) -> int:
        """Where intercepts start."""
        return self._linear + self.shape[0] * self.shape[1]

    @cached_property
    def _curvature(self) -> NDArray[np.float64]:
        """Of the loss at the start, by each row's decision (N,)."""
        return self.strength * np.maximum(self.loss.curvature(self._decision(self.start)), LEAST)

    @cached_property
    def _guess(self) -> Guess:
        return self.rows.guess(self._curvature)

    def _linear_part(self, point: Point) -> Matrix:
        return point[self._linear : self._intercept].reshape(self.shape)

    def _decision(self, point: Point) -> Matrix:
        return self._linear_part(point) + self.intercept(point)

    def _inner(self, one: Point, other: Point) -> float:
        """The inner product of two points' weights of columns."""
        right = other[self._linear : self._intercept] if self.rows.by_row else other[: self._linear]
        return float(np.dot(one[: self._linear], right))

    def _product(self, one: Point, other: Point) -> float:
        """The same with intercepts, which are weighed so that their curvature, too, is 1 by the first guess."""
        weight = float(self._curvature.sum())
        return self._inner(one, other) + weight * float(np.dot(self.intercept(one), self.intercept(other)))

    def _gradient(self, point: Point, slope: Matrix) -> Point:
        """Of weights of columns it has no decisions: only those of directions are asked for, and each is a look."""
        weights = self.rows.pull(slope)
        linear = self.rows.decisions(weights) if self.rows.by_row else np.zeros(self.shape)
        intercept = slope.sum(axis=0) / self._curvature.sum()
        found: Point = self.strength * np.concatenate((weights.ravel(), linear.ravel(), intercept))
        found[: self._intercept] += point[: self._intercept]
        return found

    def _direction(self, gradient: Point, steps: deque[tuple[Point, Point, float]]) -> Point:
        """The two-loop recursion (Nocedal and Wright, algorithm 7.4)."""
        way, shares = -gradient, []
        for step, change, bend in reversed(steps):
            shares.append(self._product(step, way) / bend)
            way -= shares[-1] * change
        weights, linear = self._guess(self.weights(way), self._linear_part(way))
        way[: self._intercept] = np.concatenate((weights.ravel(), linear.ravel()))
        for (step, change, bend), share in zip(steps, reversed(shares), strict=True):
            way += (share - self._product(change, way) / bend) * step
        if not self.rows.by_row:
            way[self._linear : self._intercept] = self.rows.decisions(self.weights(way)).ravel()
        return way

    def _search(self, here: Point, way: Point) -> tuple[float, float, Matrix]:
        """The length along a direction at which its slope is flat enough, and the loss there; no look at the rows.

        The slope of a convex loss rises along a line, so its zero is bracketed, then approached by secants and
        halvings.
        """
        decision, change = self._decision(here), self._decision(way)
        linear, squared = self._inner(here, way), self._inner(way, way)

        def at(length: float) -> tuple[float, float, float, Matrix]:
            value, slope = self.loss.at(decision + length * change)
            penalty = length * linear + length**2 / 2 * squared
            rise = self.strength * float(np.vdot(slope, change)) + linear + length * squared
            return self.strength * value + penalty, rise, value, slope

        first, fall, value, slope = at(0.0)
        low, low_rise, high, high_rise = 0.0, fall, np.inf, np.nan
        length = 1.0
        for trial in range(TRIALS if fall < 0 else 0):
            total, rise, value, slope = at(length)
            less = total <= first + LESS * length * fall
            if less and abs(rise) <= -FLATTER * fall:
                return length, value, slope
            if rise < 0 and less:
                low, low_rise = length, rise
            else:
                high, high_rise = length, rise
            if not np.isfinite(high):
                length *= 2
            elif trial % 2 or high_rise <= 0:
                length = (low + high) / 2
            else:
                length = low - low_rise * (high - low) / (high_rise - low_rise)
        return 0.0, value, slope
