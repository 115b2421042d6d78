"""The linear probe over a stream: one pass tells the loss and the gradient of every penalty at once.

Whole gradients, summed up batch by batch, and not steps after each batch: images lie class by class, so a batch of
adjacent rows holds one or two of a thousand classes, and shuffling what is streamed mixes only what the buffer holds.
A sum does not depend on the order, needs no learning rate, and ends where scikit-learn's LogisticRegression ends.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from fuseboard.harness.classifiers.classifier import Advance, Blocks, Classifier
from fuseboard.harness.classifiers.fusion import concat
from fuseboard.harness.classifiers.lbfgs import Descent
from fuseboard.harness.classifiers.stream import Stream


@dataclass(frozen=True)
class _Standardiser:
    """Training's mean and deviation of every column (D,), in float32 on the device, where they stay for all batches."""

    mean: Tensor
    deviation: Tensor

    @classmethod
    def of(cls, scaler: Any, device: torch.device | str) -> Self:
        """Brings the statistics of scikit-learn's StandardScaler to a device."""
        return cls(*(torch.from_numpy(each.astype("float32")).to(device) for each in (scaler.mean_, scaler.scale_)))

    def rows(self, features: Blocks) -> Tensor:
        """Standardises features to rows (n, D + 1) on the device, whose last column is 1."""
        rows = (torch.from_numpy(concat(features)).to(self.mean.device) - self.mean) / self.deviation
        return torch.cat([rows, torch.ones(len(rows), 1, device=rows.device)], dim=1)


@dataclass(frozen=True)
class Probes:
    """Fitted probes, one per penalty."""

    scaler: Any
    """scikit-learn's StandardScaler, fitted on training."""
    weights: Tensor
    """(P, D + 1, C), the last row of each its intercepts, on the device."""

    def predict_each(self, features: Blocks) -> Iterator[Tensor]:
        """Predicts the probabilities (N, C) of each penalty."""
        rows = _Standardiser.of(self.scaler, self.weights.device).rows(features)
        return iter(_logits(rows, self.weights).softmax(dim=2).unbind(1))


@torch.no_grad()
def fit(settings: Sequence[Classifier], train: Stream, advance: Advance) -> Probes:
    """Fits a probe per setting, each of which has scikit-learn's `C` and the passes that it may take.

    Every try of a step is a pass.
    """
    scaler = _scaler(train)
    device, classes, passes = settings[0].device, settings[0].n_classes, settings[0].params["max_passes"]
    standardiser = _Standardiser.of(scaler, device)
    descents = [Descent(torch.zeros(len(scaler.mean_) + 1, classes, device=device)) for _ in settings]
    # scikit-learn's loss is C times the sum over images plus half the squared weights; this is that per image
    strengths = [1 / (setting.params["C"] * train.rows) for setting in settings]
    for spent in range(passes):
        going = [number for number, descent in enumerate(descents) if not descent.done]
        if not going:
            advance(passes - spent)
            break
        trials = torch.stack([descents[number].trial for number in going])
        losses, gradients = _mean_loss(train, standardiser, trials)
        for number, trial, loss, gradient in zip(going, trials, losses, gradients, strict=True):
            penalised = trial.clone()
            penalised[-1] = 0
            penalty = strengths[number] / 2 * float(penalised.square().sum())
            descents[number].take(loss + penalty, gradient + strengths[number] * penalised)
        advance(1)
    return Probes(scaler, torch.stack([descent.point for descent in descents]))


def _scaler(train: Stream) -> Any:
    """Reads mean and deviation of every column in one pass."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()
    for batch in train.batches():
        scaler.partial_fit(concat(batch.parts))
    return scaler


def _mean_loss(train: Stream, standardiser: _Standardiser, weights: Tensor) -> tuple[list[float], Tensor]:
    """Sums up cross-entropy per image (P,) in nats and its gradients (P, D + 1, C) in one pass."""
    count, width, classes = weights.shape
    loss = torch.zeros(count, dtype=torch.float64, device=weights.device)
    slopes = torch.zeros(width, count * classes, device=weights.device)
    for batch in train.batches():
        rows = standardiser.rows(batch.parts)
        truth = torch.from_numpy(batch.labels.astype("int64")).to(weights.device)
        logs = _logits(rows, weights).log_softmax(dim=2)
        own = truth[:, None, None].expand(-1, count, 1)
        loss -= logs.gather(2, own).sum(dim=(0, 2), dtype=torch.float64)
        excess = logs.exp_()
        excess.scatter_add_(2, own, torch.full_like(own, -1, dtype=excess.dtype))
        slopes.addmm_(rows.T, excess.reshape(len(rows), -1))
    gradients = slopes.reshape(width, count, classes).permute(1, 0, 2) / train.rows
    return (loss / train.rows).tolist(), gradients


def _logits(rows: Tensor, weights: Tensor) -> Tensor:
    """Multiplies rows (n, D + 1) with all weights in a single product (n, P, C)."""
    count, width, classes = weights.shape
    return (rows @ weights.permute(1, 0, 2).reshape(width, -1)).reshape(len(rows), count, classes)
