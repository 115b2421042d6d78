"""Minimises by L-BFGS (Liu and Nocedal 1989), driven from outside, so that many can share each pass over the data."""

from collections import deque

import torch
from torch import Tensor

from fuseboard.harness.classifiers.descent_rules import HALVINGS, HISTORY, TOLERANCE


class Descent:
    """One minimisation: evaluate `trial`, hand its loss and gradient to `take`, and again until `done`.

    Args:
        start: any shape and device.
    """

    def __init__(self, start: Tensor) -> None:
        self.point, self.trial = start, start
        self.done = False
        self._loss = self._first = float("inf")
        self._slope = self._step = self._longest = 0.0
        self._gradient = self._direction = torch.empty(0)
        self._steps: deque[tuple[Tensor, Tensor, float]] = deque(maxlen=HISTORY)

    def take(self, loss: float, gradient: Tensor) -> None:
        """Moves on where the loss fell enough (Armijo's rule), else tries half the step."""
        started = len(self._gradient) > 0
        if started and not loss <= self._loss + 1e-4 * self._step * self._slope:
            self._step /= 2
            self.done = self._step < 2.0**-HALVINGS * self._longest
            self.trial = self.point + self._step * self._direction
            return
        if started:
            self._remember(self.trial - self.point, gradient - self._gradient)
        self.point, self._loss, self._gradient = self.trial, loss, gradient
        length = float(gradient.norm())
        self._first = length if not started else self._first
        self.done = length <= TOLERANCE * self._first
        self._direction = self._quasi_newton()
        self._slope = float((self._direction * gradient).sum())
        self._step = self._longest = 1.0 if self._steps else 1 / max(1.0, length)
        self.trial = self.point + self._step * self._direction

    def _remember(self, moved: Tensor, turned: Tensor) -> None:
        curvature = float((moved * turned).sum())
        if curvature > 0:  # a convex loss has no other, but float32 may
            self._steps.append((moved, turned, 1 / curvature))

    def _quasi_newton(self) -> Tensor:
        """Minus the gradient times the inverse Hessian, as far as the remembered steps tell."""
        direction = -self._gradient
        shares = []
        for moved, turned, inverse in reversed(self._steps):
            shares.append(inverse * float((moved * direction).sum()))
            direction = direction - shares[-1] * turned
        if self._steps:
            _, turned, inverse = self._steps[-1]
            direction = direction / (inverse * float((turned * turned).sum()))
        for (moved, turned, inverse), share in zip(self._steps, reversed(shares), strict=True):
            direction = direction + (share - inverse * float((turned * direction).sum())) * moved
        return direction
