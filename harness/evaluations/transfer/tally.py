"""The tally: what is kept of a split's scores, which are too many to keep themselves."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fuseboard.harness.classifiers.metrics import SMALLEST

TOP = 5


class Tally:
    """Counts one classifier's answers on one split, batch by batch in the order of ids."""

    def __init__(self, n_classes: int) -> None:
        self._meaningful = n_classes > TOP
        self._right: list[NDArray[np.uint8]] = []
        self._among: list[NDArray[np.uint8]] = []
        self._loss, self._rows, self._broken = 0.0, 0, 0

    def add(self, scores: Tensor, truth: Tensor) -> None:
        """Takes probabilities (n, C) and class numbers (n,) of the same device.

        Top-1 is arg max, the lowest of equal classes, as for every other row. Top-5 counts ties against the classifier:
        five other classes that score at least as much are too many. Without that, one neighbour's vote would be
        helped by the four classes that happen to come first among those nobody voted for. An arg max that is right
        counts for both.
        """
        own = scores.gather(1, truth[:, None])
        right = scores.argmax(dim=1) == truth
        among = right | ((scores >= own).sum(dim=1) - 1 < TOP)
        self._right.append(right.cpu().numpy().astype(np.uint8))
        self._among.append(among.cpu().numpy().astype(np.uint8))
        self._broken += int((~torch.isfinite(scores)).sum())
        self._loss -= float(own.double().clamp(SMALLEST, 1 - SMALLEST).log().sum())
        self._rows += len(truth)

    @property
    def rows(self) -> int:
        """Images so far."""
        return self._rows

    @property
    def right(self) -> list[int] | None:
        """(N,) of 0 and 1: whether top-1 is right; None where a score is no number."""
        found: list[int] | None = None if self._broken else np.concatenate(self._right).tolist()
        return found

    @property
    def top1(self) -> float | None:
        """Share of images; None where a score is no number."""
        return None if self._broken else float(np.concatenate(self._right).mean())

    @property
    def top5(self) -> float | None:
        """Share of images; None where a score is no number, or five classes are all there are."""
        return None if self._broken or not self._meaningful else float(np.concatenate(self._among).mean())

    @property
    def log_loss(self) -> float | None:
        """In nats per image; a probability of 0 counts as 1e-7. None where a score is no number."""
        return None if self._broken else self._loss / self._rows

    @property
    def reason(self) -> str:
        """Why a metric of the row is null; AUC always is."""
        if self._broken:
            return f"{self._broken} scores are NaN or infinite"
        auc = "AUC is not computed for transfer: it would need the scores of every image for every class"
        return auc if self._meaningful else f"{auc}; of {TOP} classes or fewer everything is among the first {TOP}"
